import Files
import Glibc
import HTTPEngine
import Manifests
import Model
import Names
import Snapshots
import Testing

@testable import Serving

/// A file of a release under test, with what is recorded of its encodings.
struct TestFile {
    var name: String
    var content: [UInt8]
    var nameClass: NameClass
    var encoded: [Coding: String]

    init(_ name: String, _ content: String, _ nameClass: NameClass = .document, encoded: [Coding: String] = [:]) {
        self.name = name
        self.content = Array(content.utf8)
        self.nameClass = nameClass
        self.encoded = encoded
    }

    var digests: ContentDigests { content.withUnsafeBytes { ContentDigests(of: $0) } }
    var entry: ManifestEntry { ManifestEntry(name: name, digests: digests, size: UInt64(content.count), nameClass: nameClass) }
    func hex(_ kind: DigestKind) -> String { digests.withBytes(of: kind) { Hexadecimal.string($0) } }
}

func digest(_ text: String) -> ContentDigest { Array(text.utf8).withUnsafeBytes { ContentDigest(of: $0) } }
func tag(_ text: String) -> String { "\"\(digest(text).hex)\"" }

/// Releases and blobs in a folder under `/tmp` that goes with the object.
final class TestStore: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/tandem-serving-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }

    private static func name(_ blob: ContentDigest) -> String { "\(blob.hex.prefix(2))/\(blob.hex)" }

    func write(_ bytes: [UInt8], as blob: ContentDigest) {
        mkdir("\(path)/\(blob.hex.prefix(2))", 0o700)
        write(bytes, as: Self.name(blob))
    }

    @discardableResult
    func write(_ bytes: [UInt8], as name: String) -> String {
        let file = "\(path)/\(name)"
        // A new file each time: file systems flush one that is emptied and written again, which waits for the disk.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        precondition(descriptor >= 0, "cannot write \(file)")
        defer { close(descriptor) }
        bytes.withUnsafeBytes { precondition(Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count) }
        return file
    }

    func remove(_ blob: ContentDigest) { unlink("\(path)/\(Self.name(blob))") }

    /// - Parameter deltas: (name, content of the dictionary, the release that offers it, the delta).
    func release(
        _ files: [TestFile], _ state: ReleaseState = .current,
        deltas: [(name: String, dictionary: String, offeredBy: ReleaseID, delta: String)] = []
    ) throws -> ServedRelease {
        for file in files {
            write(file.content, as: file.digests.sha256)
            for text in file.encoded.values { write(Array(text.utf8), as: digest(text)) }
        }
        let image = try ManifestImage(files.map(\.entry))
        let manifest = try Manifest.open(path: write(image.bytes, as: image.id.hex + ".manifest"), id: image.id)
        let encodings = EncodingsImage(manifest: manifest) { content in
            files.filter { $0.digests.sha256 == content }.flatMap { file in
                file.encoded.map {
                    EncodingRecord(source: content, coding: $0.key, blob: digest($0.value), size: UInt64($0.value.utf8.count))
                }
            }
        }
        let mapped = Encodings(path: write(encodings.bytes, as: image.id.hex + ".encodings"), manifest: manifest)
        for delta in deltas { write(Array(delta.delta.utf8), as: digest(delta.delta)) }
        let dictionaries = DictionariesImage(
            manifest: manifest, advertised: DictionaryOffers(manifest).advertised(in: manifest),
            deltas: deltas.map { delta in
                EntryDelta(
                    entry: manifest.find(delta.name) ?? 0, dictionary: digest(delta.dictionary), offeredBy: delta.offeredBy,
                    blob: digest(delta.delta), size: UInt64(delta.delta.utf8.count))
            })
        return ServedRelease(
            manifest: manifest, encodings: mapped,
            dictionaries: Dictionaries(path: write(dictionaries.bytes, as: image.id.hex + ".dictionaries"), manifest: manifest),
            state: state)
    }

    var blobs: BlobReader { BlobReader(folder: path) }
}

/// A site under test; releases newest first.
struct TestSite {
    var store = TestStore()
    var policy = SitePolicy()
    var releases: [ServedRelease] = []
    var current: Int? = 0
    var canary: SiteSnapshot.Canary?
    var revoked: [Manifest] = []
    var isArriving = false
    var isDamaged = false
    var hosts: [HostPattern] = [.any]

    init(_ files: [TestFile] = []) throws {
        if !files.isEmpty { releases = [try store.release(files)] }
    }

    var snapshot: SiteSnapshot {
        SiteSnapshot(
            name: .default, hosts: hosts, policy: policy, releases: releases,
            union: UnionIndex(releases: releases.map(\.manifest), merged: nil), current: releases.isEmpty ? nil : current,
            canary: canary, revoked: revoked, isArriving: isArriving, isDamaged: isDamaged)
    }

    func ask(
        _ target: String, _ fields: [String] = [], method: String = "GET", fallback: String? = nil, bucket: Int = 9999,
        isSecure: Bool = false
    ) throws -> Asked {
        try Asked(
            snapshot, target, fields, method: method, fallback: fallback, bucket: bucket, isSecure: isSecure, store: store)
    }
}

let navigation = "Sec-Fetch-Mode: navigate"

/// A request and what it meets. Owns the request's bytes.
final class Asked {
    let detached: DetachedRequest
    let request: ReleaseRequest
    let outcome: Resolution.Outcome
    private let store: TestStore

    init(
        _ site: SiteSnapshot, _ target: String, _ fields: [String], method: String, fallback: String?, bucket: Int,
        isSecure: Bool, store: TestStore
    ) throws {
        detached = try Asked.detached(target, fields, method: method, isSecure: isSecure)
        let exchange = detached.exchange
        let preference = exchange.joined(.acceptEncoding).withUnsafeBufferPointer {
            exchange.head.has(.acceptEncoding) ? EncodingPreference($0) : .identityOnly
        }
        request = ReleaseRequest(
            exchange: exchange, target: try TargetPath(exchange.bytes(exchange.head.target)), site: site, siteIndex: 0,
            fallback: fallback, preference: preference)
        outcome = Resolution.resolve(request, randomBucket: { bucket })
        self.store = store
    }

    static func detached(
        _ target: String, _ fields: [String] = [], method: String = "GET", isSecure: Bool = false
    ) throws -> DetachedRequest {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: shop.example.com"] + fields
        return try DetachedRequest(head: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), isSecure: isSecure)
    }

    var content: Resolution.Content? {
        if case .content(let content) = outcome { return content }
        return nil
    }

    var miss: Resolution.Miss? {
        if case .missing(let miss) = outcome { return miss }
        return nil
    }

    var slash: ReleaseChoice? {
        if case .slash(let choice) = outcome { return choice }
        return nil
    }

    var isGone: Bool { if case .gone = outcome { true } else { false } }
    var hasNoRelease: Bool { if case .noRelease = outcome { true } else { false } }

    /// The name of the entry and the position of the release that answers.
    var answered: String? {
        content.map { "\($0.release):\(request.site.releases[$0.release].manifest.name(at: $0.entry))" }
    }

    /// What is sent; nil when the blob cannot be read.
    var answer: Answer? {
        guard let content = content ?? miss?.page else { return nil }
        let result = ContentAnswer(request: request, content: content, release: request.site.releases[content.release])
            .make(blobs: store.blobs)
        return result.map { Answer($0.response, mayBePrepared: $0.mayBePrepared) }
    }
}

/// A response taken apart.
struct Answer {
    let status: UInt16
    let fields: [String]
    let body: [UInt8]
    let mayBePrepared: Bool

    init(_ response: Response, mayBePrepared: Bool = false) {
        status = response.status
        fields = String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
        body = Answer.bytes(response.body)
        self.mayBePrepared = mayBePrepared
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var names: Set<String> { Set(fields.map { String($0.prefix { $0 != ":" }) }) }

    /// The value of a field; nil if it is not sent. A field sent twice is a fault.
    subscript(name: String) -> String? {
        let found = fields.filter { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        precondition(found.count < 2, "\(name) is sent twice")
        return found.first.map { String($0.dropFirst(name.count + 2)) }
    }

    static func bytes(_ body: Body) -> [UInt8] {
        switch body {
        case .empty: return []
        case .bytes(let bytes): return bytes
        case .parts(let parts): return parts.flatMap { bytes($0) }
        case .file(let file, let range):
            return [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
                count = max(pread(file.descriptor, buffer.baseAddress, range.count, range.lowerBound), 0)
            }
        }
    }
}

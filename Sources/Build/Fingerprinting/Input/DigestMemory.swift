import Files
import Glibc
import Model

/// What a digest remembers beside its output (`.public.tandem-digest` beside `public`), so that the next reads only what changed.
///
/// The manifest is a function of the input and cannot hold the times and inodes of this machine; this file can. Without it, or
/// with a damaged one, everything is read again and the result is the same.
///
///     "tandem digest 2\n" · signature of the options · build · digest of the names · digest of the manifest · records
struct DigestMemory: Sendable {
    private static let magic = "tandem digest 2\n"

    /// Of the options: other options, other names.
    var signature: String
    var build: String
    /// Of all names of the input.
    var namesDigest: ContentDigest
    /// Of the output's manifest: another digest may have replaced the output since.
    var manifestDigest: ContentDigest
    var records: [FileRecord]

    /// - Parameter output: the real path of an output.
    static func path(of output: String) -> String {
        let last = TreePath.last(of: output)
        return "\(TreePath.folder(of: output)).\(last).tandem-digest"
    }

    /// Files whose stamp is younger than this may be written to again without a change of stamp: clocks of file systems tick
    /// every 4 to 10 ms.
    static let clockTick: Int64 = 50_000_000

    var bytes: [UInt8] {
        var out = RecordWriter()
        out.text(Self.magic)
        out.text(signature)
        out.text(build)
        namesDigest.withBytes { out.data(Array($0)) }
        manifestDigest.withBytes { out.data(Array($0)) }
        out.small(records.count)
        for record in records { record.write(to: &out) }
        return out.bytes
    }

    /// - Returns: nil for anything that is not whole.
    init?(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        do throws(RecordReader.Damage) {
            guard try reader.text() == Self.magic else { return nil }
            signature = try reader.text()
            build = try reader.text()
            namesDigest = try Self.digest(&reader)
            manifestDigest = try Self.digest(&reader)
            records = []
            for _ in 0..<(try reader.count()) { records.append(try FileRecord(from: &reader)) }
            guard reader.isAtEnd else { return nil }
        } catch {
            return nil
        }
    }

    private static func digest(_ reader: inout RecordReader) throws(RecordReader.Damage) -> ContentDigest {
        let raw = try reader.data()
        guard raw.count == ContentDigest.byteCount else { throw .init() }
        return raw.withUnsafeBytes { ContentDigest(bytes: $0) }
    }

    static func namesDigest(_ tree: BuildTree) -> ContentDigest {
        var text: [UInt8] = []
        for file in tree.files {
            text += file.name.utf8
            text.append(0)
        }
        return text.withUnsafeBytes { ContentDigest(of: $0) }
    }

    init(signature: String, build: String, namesDigest: ContentDigest, manifestDigest: ContentDigest, records: [FileRecord]) {
        self.signature = signature
        self.build = build
        self.namesDigest = namesDigest
        self.manifestDigest = manifestDigest
        self.records = records
    }

    /// Puts it beside the output in one step. A digest is no worse for having no memory, so failing to write one is no fault.
    /// - Parameter folder: where it is written first: what is left of a killed digest is in one place.
    func save(beside output: String, through folder: String) {
        let path = Self.path(of: output)
        let temporary = "\(folder)/.tandem-digest"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        let bytes = bytes
        var at = 0
        while at < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + at }, $0.count - at) }
            if written < 0, errno == EINTR { continue }
            if written <= 0 { break }
            at += written
        }
        close(descriptor)
        if at < bytes.count || rename(temporary, path) != 0 { unlink(temporary) }
    }
}

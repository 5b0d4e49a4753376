import Blobs
import Files
import Glibc
import Manifests
import Model
import Names
import Releases

/// A reference on a page: what is asked for, and the bytes of the page's own version.
struct Reference: Hashable {
    /// The target with its slash, and its query where that belongs to the name.
    var target: String
    var bytes: [UInt8]
}

/// A build made up from its number: small, the same every time, with every kind of name that pages use.
///
/// Even builds name their assets by query (Q, `core.js?<md5>`), every third by name (H, `core_<md5>.js`), the others mix both
/// (D9). `shared` changes with every fourth build only (D5); `chunk` is loaded late; `fixed.css` has a fixed name (F).
struct Build {
    enum Form: CaseIterable { case query, name, mixed }

    struct File {
        var name: String
        var bytes: [UInt8]
    }

    let number: Int
    let form: Form
    private(set) var files: [File] = []
    /// What the pages name, the chunk apart.
    private(set) var assets: [Reference] = []
    private(set) var chunk = Reference(target: "", bytes: [])
    let fixed: [UInt8]
    var id = ReleaseID(ContentDigest.of("nothing yet"))
    var image: [UInt8] = []
    var hasNotFoundPage: Bool { number.isMultiple(of: 2) }

    init(number: Int, form: Form? = nil) {
        self.number = number
        self.form = form ?? Form.allCases[number % 3]
        fixed = Array("/* fixed \(number / 2) */".utf8)
        let core = add("core", "core of \(number)", byQuery: self.form != .name)
        let shared = add("shared", "shared since \(number / 4)", byQuery: self.form == .query)
        chunk = add("chunk", "chunk of \(number)", byQuery: self.form != .name)
        assets = [core, shared]
        files.append(File(name: "fixed.css", bytes: fixed))
        let names = (assets + [chunk]).map(\.target).joined(separator: " ")
        for page in ["index.html", "about.html"] {
            files.append(File(name: page, bytes: Array("<html>\(page) of \(number) \(self.form): \(names) /fixed.css</html>".utf8)))
        }
        if hasNotFoundPage { files.append(File(name: "404.html", bytes: Array("<html>not here, says \(number)</html>".utf8))) }
    }

    private mutating func add(_ stem: String, _ text: String, byQuery: Bool) -> Reference {
        let bytes = Array("export default \"\(text) \(byQuery ? "q" : "h")\"".utf8)
        let md5 = bytes.withUnsafeBytes { raw in ContentDigests(of: raw).withBytes(of: .md5) { Hexadecimal.string($0) } }
        files.append(File(name: byQuery ? "js/\(stem).js" : "js/\(stem)_\(md5).js", bytes: bytes))
        return Reference(target: byQuery ? "/js/\(stem).js?\(md5)" : "/js/\(stem)_\(md5).js", bytes: bytes)
    }

    func page(_ name: String) -> [UInt8] { files.first { $0.name == name }?.bytes ?? [] }

    func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }
}

extension ContentDigest {
    static func of(_ text: String) -> ContentDigest { of(Array(text.utf8)) }
    static func of(_ bytes: [UInt8]) -> ContentDigest { bytes.withUnsafeBytes { ContentDigest(of: $0) } }
}

/// Builds that were read and stored once by the real publisher, in a folder in memory that goes with the object.
final class Library {
    let directory: DataDirectory
    private(set) var builds: [Build]
    /// What each fingerprinted target means.
    private(set) var meanings: [String: [UInt8]] = [:]
    private var modifiedAt: [ContentDigest: Timestamp] = [:]

    init(_ builds: [Build]) async throws {
        self.builds = builds
        var template = Array("/dev/shm/tandem-scenario-XXXXXX".utf8CString)
        let root = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        directory = try DataDirectory.open("\(root)/data")
        for index in builds.indices {
            let folder = "\(root)/build-\(index)"
            mkdir(folder, 0o700)
            mkdir("\(folder)/js", 0o700)
            for file in builds[index].files {
                let descriptor = open("\(folder)/\(file.name)", O_WRONLY | O_CREAT, 0o600)
                precondition(write(descriptor, file.bytes, file.bytes.count) == file.bytes.count)
                close(descriptor)
            }
            let prepared = try await Publisher(directory: directory, threads: 1)
                .prepare(Folder(folder), publish: "prepare", declared: .none, beside: [], progress: { _ in })
            self.builds[index].id = prepared.id
            self.builds[index].image = try FileReader.readAll(directory.manifestPath(prepared.id))
            for reference in builds[index].assets + [builds[index].chunk] { meanings[reference.target] = reference.bytes }
        }
    }

    deinit {
        Self.remove(String(directory.root.dropLast(5)))
    }

    private static func remove(_ path: String) {
        for name in FileReader.names(in: path) { remove("\(path)/\(name)") }
        if rmdir(path) != 0 { unlink(path) }
    }

    /// Puts the bytes of a build into the store as a publish does, with ages of the simulated clock.
    func store(_ build: Build, now: Timestamp) throws {
        let staged = try StagedBlobs(store: directory.blobs, folder: directory.stagingPath("again"))
        for file in build.files {
            let digest = ContentDigest.of(file.bytes)
            if !directory.blobs.contains(digest) { try staged.add(file.bytes, digest) }
        }
        try staged.commit()
        staged.discard()
        for file in build.files { Self.setAge(directory.blobs.path(ContentDigest.of(file.bytes)), now) }
        if access(directory.manifestPath(build.id), R_OK) != 0 {
            try directory.replace(directory.manifestPath(build.id), with: build.image)
        }
        Self.setAge(directory.manifestPath(build.id), now)
    }

    private static func setAge(_ path: String, _ now: Timestamp) {
        let time = timespec(tv_sec: Int(now.milliseconds / 1000), tv_nsec: 0)
        precondition(utimensat(AT_FDCWD, path, [time, time], 0) == 0, "\(path) is not there")
    }
}

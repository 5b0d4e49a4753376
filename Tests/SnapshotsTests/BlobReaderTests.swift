import Files
import Glibc
import Model
import Testing

@testable import Snapshots

@Suite struct BlobReaderTests {
    /// A folder with one blob, removed with the object.
    private final class Store {
        let path: String
        let digest: ContentDigest
        private let folder: String

        init(_ bytes: [UInt8]) {
            var template = Array("/tmp/tandem-blobs-XXXXXX".utf8CString)
            path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
            digest = bytes.withUnsafeBytes { ContentDigest(of: $0) }
            folder = "\(path)/\(digest.hex.prefix(2))"
            mkdir(folder, 0o700)
            let file = open("\(folder)/\(digest.hex)", O_WRONLY | O_CREAT | O_EXCL, 0o600)
            bytes.withUnsafeBytes { precondition(write(file, $0.baseAddress, $0.count) == $0.count) }
            close(file)
        }

        deinit {
            unlink("\(folder)/\(digest.hex)")
            rmdir(folder)
            rmdir(path)
        }
    }

    private let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    @Test func aBlobIsFoundByItsDigest() throws {
        let store = Store(bytes)
        let blobs = BlobReader(folder: store.path)
        #expect(blobs.read(store.digest, size: bytes.count) == bytes)
        #expect(blobs.contains(store.digest, size: bytes.count))
        let file = try #require(blobs.open(store.digest, size: bytes.count))
        var read = [UInt8](repeating: 0, count: bytes.count)
        let isWhole = read.withUnsafeMutableBytes { file.read(at: 0, count: $0.count, into: $0.baseAddress!) }
        #expect(isWhole)
        #expect(read == bytes)
    }

    @Test func aBlobOfAnotherSizeIsNotThere() {
        let store = Store(bytes)
        let blobs = BlobReader(folder: store.path)
        for size in [bytes.count + 1, bytes.count - 1] {
            #expect(blobs.open(store.digest, size: size) == nil)
            #expect(!blobs.contains(store.digest, size: size))
        }
        #expect(blobs.read(store.digest, size: bytes.count + 1) == nil)
        #expect(errno == ENOENT)
    }

    @Test(arguments: ["", "/nowhere"]) func whereThereIsNoFolderThereAreNoBlobs(_ folder: String) {
        let blobs = BlobReader(folder: folder)
        let digest = ContentDigest(words: (1, 2, 3, 4))
        #expect(blobs.open(digest, size: 1) == nil)
        #expect(blobs.read(digest, size: 1) == nil)
        #expect(!blobs.contains(digest, size: 1))
    }

    @Test func noDescriptorStaysOpen() {
        let store = Store(bytes)
        func open() -> Int {
            // Tests beside this one may hold thousands.
            (0..<Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 65_536))).count { descriptor in
                var target = [CChar](repeating: 0, count: 512)
                guard readlink("/proc/self/fd/\(descriptor)", &target, 511) > 0 else { return false }
                return target.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.hasPrefix(store.path)
            }
        }
        do {
            let blobs = BlobReader(folder: store.path)
            #expect(open() == 1)
            for size in [bytes.count, 1] { _ = (blobs.open(store.digest, size: size), blobs.read(store.digest, size: size)) }
            #expect(open() == 1)
        }
        #expect(open() == 0)
    }
}

import Compression
import Files
import Glibc

/// Reading files of the input, and making sure that they stood still meanwhile.
enum FileBytes {
    /// A whole file.
    /// - Throws: `FolderFault`, also when the file is no longer what the walk found.
    static func read(_ file: Folder.File) throws(FolderFault) -> [UInt8] {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file.path, errno: errno) }
        defer { close(descriptor) }
        var code: Int32 = 0
        let size = Int(file.stamp.size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            switch fill(UnsafeMutableRawBufferPointer(buffer), from: descriptor) {
            case .success(let got): count = got
            case .failure(let fault): code = fault.code
            }
        }
        guard code == 0 else { throw .unreadable(file.path, errno: code) }
        guard bytes.count == size else { throw .changed(file.path) }
        try check(file, descriptor)
        return bytes
    }

    /// A file of a path that somebody else may write to; nil where there is none.
    static func read(at path: String) -> [UInt8]? {
        FileStamp(at: path).flatMap { try? read(Folder.File(name: path, path: path, stamp: $0, permissions: 0o644)) }
    }

    /// The first bytes: fewer where the file is shorter.
    static func head(of file: Folder.File, count: Int) throws(FolderFault) -> [UInt8] {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file.path, errno: errno) }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, count in
            if case .success(let got) = fill(UnsafeMutableRawBufferPointer(buffer), from: descriptor) { count = got }
        }
    }

    private static let pieceSize = 256 * 1024

    /// The bytes piece by piece: a film does not belong into memory.
    static func forEachPiece(of file: Folder.File, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(pieceSize, max(Int(file.stamp.size), 1)), alignment: 64)
        defer { piece.deallocate() }
        try withReading(of: file) { read in
            while true {
                let count = try read(piece)
                if count == 0 { return }
                try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            }
        }
    }

    /// Lets `body` read the file from its beginning, as much at a time as it likes.
    /// - Throws: `FolderFault`, also when the file is no longer what the walk found; what `body` throws.
    static func withReading<Value>(of file: Folder.File, _ body: (Codec.Read) throws -> Value) throws -> Value {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FolderFault.unreadable(file.path, errno: errno) }
        defer { close(descriptor) }
        let value = try body { buffer in
            switch fill(buffer, from: descriptor) {
            case .success(let count): return count
            case .failure(let fault): throw FolderFault.unreadable(file.path, errno: fault.code)
            }
        }
        try check(file, descriptor)
        return value
    }

    private struct ReadFault: Error {
        var code: Int32
    }

    /// - Returns: how many bytes were there, at most the whole buffer.
    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> Result<Int, ReadFault> {
        var count = 0
        while count < buffer.count {
            let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            if got < 0, errno == EINTR { continue }
            if got < 0 { return .failure(ReadFault(code: errno)) }
            if got == 0 { break }
            count += got
        }
        return .success(count)
    }

    private static func check(_ file: Folder.File, _ descriptor: Int32) throws(FolderFault) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileStamp(status) == file.stamp else { throw .changed(file.path) }
    }
}

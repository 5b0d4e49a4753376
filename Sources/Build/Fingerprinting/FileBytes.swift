import Glibc

/// Reading files of the input, and making sure that they stood still meanwhile.
enum FileBytes {
    /// A whole file.
    /// - Throws: `TreeFault`, also when the file is no longer what the walk found.
    static func read(_ file: BuildTree.File) throws(TreeFault) -> [UInt8] {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file.path, errno) }
        defer { close(descriptor) }
        var code: Int32 = 0
        let size = Int(file.stamp.size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard code == 0 else { throw .unreadable(file.path, code) }
        guard bytes.count == size else { throw .changed(file.path) }
        try check(file, descriptor)
        return bytes
    }

    private static let pieceSize = 256 * 1024

    /// The bytes piece by piece: a film does not belong into memory.
    static func forEachPiece(of file: BuildTree.File, _ body: (UnsafeRawBufferPointer) -> Void) throws(TreeFault) {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file.path, errno) }
        defer { close(descriptor) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(pieceSize, max(Int(file.stamp.size), 1)), alignment: 64)
        defer { piece.deallocate() }
        while true {
            let count = Glibc.read(descriptor, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .unreadable(file.path, errno) }
            if count == 0 { break }
            body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
        try check(file, descriptor)
    }

    private static func check(_ file: BuildTree.File, _ descriptor: Int32) throws(TreeFault) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileStamp(status) == file.stamp else { throw .changed(file.path) }
    }
}

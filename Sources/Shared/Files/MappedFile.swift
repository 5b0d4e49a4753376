import Glibc

/// A whole file mapped read-only, unmapped when the last user lets go.
///
/// What is mapped here was checked when it was written and is never written again, so the pages are the page cache's:
/// a release of a million files costs no anonymous memory.
// Immutable after init, and the kernel's mapping is safe to read from any thread: hence unchecked.
package final class MappedFile: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    /// - Throws: `MappingError` with `errno` when the file cannot be opened or mapped.
    package init(path: String) throws(MappingError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MappingError(path: path, errno: Glibc.errno) }
        defer { close(descriptor) }
        bytes = try Self.map(descriptor, path: path)
    }

    private static func map(_ descriptor: Int32, path: String) throws(MappingError) -> UnsafeRawBufferPointer {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MappingError(path: path, errno: errno) }
        let length = Int(status.st_size)
        // The kernel refuses empty mappings.
        guard length > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let address = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw MappingError(path: path, errno: errno) }
        return UnsafeRawBufferPointer(start: address, count: length)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }
}

package struct MappingError: Error, Hashable, CustomStringConvertible {
    package var path: String
    package var errno: Int32

    package var isMissing: Bool { errno == ENOENT }
    package var description: String { "cannot read \(path): \(String(cString: strerror(errno)))" }
}

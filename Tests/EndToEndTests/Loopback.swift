import Glibc
import TestPatience
import Testing

/// A socket that is connected to a port of this machine.
/// - Parameter seconds: how long a read waits; nil: for ever.
/// - Throws: `ClientError`.
func connected(to port: UInt16, seconds: Int? = Int(patience.components.seconds)) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if let seconds {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    if code == 0 { return descriptor }
    defer { close(descriptor) }
    throw ClientError(description: "connect: \(String(cString: strerror(errno)))")
}

/// A port of this machine that nobody had when it was asked for: for servers that must be told theirs.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            try #require(bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0)
        }
        return pointer.pointee.sin_port.bigEndian
    }
}

import Glibc

/// Why an address cannot be listened on.
package enum SocketFault: Error, Hashable, Sendable, CustomStringConvertible {
    case system(String, Int32)
    case addressInUse(String)
    case cannotBind(String, Int32)
    case badAddress(String)

    package var description: String {
        switch self {
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        case .addressInUse(let address): "\(address) is in use by another process"
        case .cannotBind(let address, let code): "cannot listen on \(address): \(String(cString: strerror(code)))"
        case .badAddress(let address): "\(address) is no address to listen on"
        }
    }
}

import Glibc
import Handover
import Model
import Sockets

/// The listening sockets of the node, one for each address, whichever generations accept on them. The supervisor's descriptors
/// live as long as the address is configured; a worker has its own.
struct SocketTable {
    struct Entry {
        /// As configured: with port 0 the same every time.
        var key: String
        var socket: ListeningSocket
        /// Editions that listen on it.
        var editions: Set<Int>
    }

    private(set) var entries: [Entry] = []

    /// Binds what is not bound yet.
    /// - Parameter addresses: as configured, in their order.
    /// - Throws: the first that fails; what was just bound is closed again.
    mutating func open(_ addresses: [String], edition: Int) throws(SocketFault) {
        for key in Self.keys(addresses) {
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].editions.insert(edition)
                continue
            }
            do throws(SocketFault) {
                let address = Self.address(key)
                // Those that this edition gives up: one that names both is told that the address is in use.
                let given = entries.filter { !$0.editions.contains(edition) && ListeningSocket.overlap($0.socket.address, address) }
                let socket = try ListeningSocket.open(address, beside: given.map(\.socket))
                entries.append(Entry(key: key, socket: socket, editions: [edition]))
            } catch {
                discard(edition: edition)
                throw error
            }
        }
    }

    /// Takes a socket that another process opened: a service manager, or the supervisor before.
    mutating func take(_ socket: ListeningSocket, key: String, editions: Set<Int>) {
        if entries.contains(where: { $0.key == key }) { return socket.closeCopy() }
        entries.append(Entry(key: key, socket: socket, editions: editions))
    }

    /// The sockets for these addresses, in their order.
    func sockets(_ addresses: [String]) -> [ListeningSocket] {
        Self.keys(addresses).compactMap { key in entries.first { $0.key == key }?.socket }
    }

    /// Closes what only this edition would have used.
    mutating func discard(edition: Int) {
        close { editions in
            editions.remove(edition)
            return editions.isEmpty
        }
    }

    /// Closes what none of these editions uses.
    mutating func settle(_ kept: Set<Int>) {
        close { editions in
            editions.formIntersection(kept)
            return editions.isEmpty
        }
    }

    /// Closes this process's descriptors: the last worker gives the addresses up.
    mutating func closeCopies() {
        for entry in entries { entry.socket.closeCopy() }
        entries = []
    }

    /// Unix sockets' files, when nobody serves any more.
    func unlinkFiles() {
        for entry in entries where entry.socket.isUnix { unlink(String(entry.socket.address.dropFirst(5))) }
    }

    private mutating func close(_ isUnused: (inout Set<Int>) -> Bool) {
        entries = entries.compactMap { entry in
            var entry = entry
            guard isUnused(&entry.editions) else { return entry }
            entry.socket.close()
            return nil
        }
    }

    /// The same address twice (`127.0.0.1:0`) is two sockets.
    static func keys(_ addresses: [String]) -> [String] {
        var seen: [String: Int] = [:]
        return addresses.map { address in
            let count = seen[address, default: 0]
            seen[address] = count + 1
            return count == 0 ? address : "\(address)#\(count)"
        }
    }

    private static func address(_ key: String) -> String { String(key.prefix { $0 != "#" }) }
}

extension SocketTable {
    /// Whether a socket bound to `bound` is what is configured as `configured`; port 0 means any.
    static func serves(_ bound: String, _ configured: String) -> Bool {
        if bound == configured { return true }
        guard configured.hasSuffix(":0"), !configured.hasPrefix("unix:") else { return false }
        return bound.hasPrefix(configured.dropLast())
    }
}

import Glibc

/// What a worker says to its supervisor.
package enum Word: Packed, Hashable {
    /// First of all: `Handshake.version`.
    case hello(version: Int)
    /// It cannot go on, and ends: the exit code and words of `contract.md`.
    case refused(exit: Int, text: String)
    /// Everything is loaded.
    case ready(hash: String)
    /// It accepts.
    case started
    /// It leads no more.
    case yielded
    /// It was told to drain and accepts no more: every new connection is another generation's.
    case closed
    /// About once a second.
    case figures(Figures)
    /// Somebody asked it to have the node stopped.
    case stopWanted
    /// Its loops have ended; that many connections were cut off.
    case ended(cut: Int)
    /// It has changed the content state to this version and serves it: the others are to follow.
    case changed(version: Int)
    /// It serves that version.
    case follows(version: Int)
    /// An orphan's listening sockets come with it, before `orphan`.
    case sockets([String])
    /// An orphan gives itself into the hands of a new supervisor. With it: the lock and the copy of the configuration.
    case orphan(Orphan)

    package func pack(into packer: inout Packer) {
        switch self {
        case .hello(let version):
            packer.add(UInt8(1))
            packer.add(version)
        case .refused(let exit, let text):
            packer.add(UInt8(2))
            packer.add(exit)
            packer.add(text)
        case .ready(let hash):
            packer.add(UInt8(3))
            packer.add(hash)
        case .started: packer.add(UInt8(4))
        case .yielded: packer.add(UInt8(5))
        case .figures(let figures):
            packer.add(UInt8(6))
            packer.add(figures)
        case .stopWanted: packer.add(UInt8(7))
        case .ended(let cut):
            packer.add(UInt8(8))
            packer.add(cut)
        case .sockets(let addresses):
            packer.add(UInt8(9))
            packer.add(addresses)
        case .orphan(let orphan):
            packer.add(UInt8(10))
            packer.add(orphan)
        case .changed(let version):
            packer.add(UInt8(11))
            packer.add(version)
        case .follows(let version):
            packer.add(UInt8(12))
            packer.add(version)
        case .closed: packer.add(UInt8(13))
        }
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        switch try unpacker.byte() {
        case 1: self = .hello(version: try unpacker.int())
        case 2: self = .refused(exit: try unpacker.int(), text: try unpacker.text())
        case 3: self = .ready(hash: try unpacker.text())
        case 4: self = .started
        case 5: self = .yielded
        case 6: self = .figures(try Figures(from: &unpacker))
        case 7: self = .stopWanted
        case 8: self = .ended(cut: try unpacker.int())
        case 9: self = .sockets(try unpacker.list())
        case 10: self = .orphan(try Orphan(from: &unpacker))
        case 11: self = .changed(version: try unpacker.int())
        case 12: self = .follows(version: try unpacker.int())
        case 13: self = .closed
        default: throw .malformed
        }
    }
}

/// What a generation holds.
package struct Figures: Packed, Hashable, Codable {
    package var idle = 0
    /// A request is being read or worked on.
    package var requests = 0
    /// A body is on its way, in or out.
    package var transfers = 0
    /// Those over HTTP/2 share connections.
    package var webSockets = 0
    package var eventStreams = 0
    package var http2 = 0
    package var handshakes = 0
    /// Seconds since the oldest connection came.
    package var oldestSeconds = 0
    /// Connections that were closed by a limit of the drain.
    package var forced = 0
    /// WebSockets and event streams that were ended at their limit, in the way of their protocol.
    package var concluded = 0

    package init() {}

    package func pack(into packer: inout Packer) {
        for value in [idle, requests, transfers, webSockets, eventStreams, http2, handshakes, oldestSeconds, forced, concluded] {
            packer.add(value)
        }
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        idle = try unpacker.int()
        requests = try unpacker.int()
        transfers = try unpacker.int()
        webSockets = try unpacker.int()
        eventStreams = try unpacker.int()
        http2 = try unpacker.int()
        handshakes = try unpacker.int()
        oldestSeconds = try unpacker.int()
        forced = try unpacker.int()
        concluded = try unpacker.int()
    }
}

/// A worker whose supervisor has died.
package struct Orphan: Packed, Hashable {
    /// Under `data`: where a worker waits for the next supervisor.
    package static func offer(of process: pid_t) -> String { "adoption-\(process).sock" }

    /// Whether a name is that of an offer. One that is still being made has another end: whoever tried it would find nobody there yet.
    package static func isOffer(_ name: String) -> Bool { name.hasPrefix("adoption-") && name.hasSuffix(".sock") }

    package var generation: Int
    package var process: Int
    package var hash: String
    package var isDraining: Bool
    package var leads: Bool

    package init(generation: Int, process: Int, hash: String, isDraining: Bool, leads: Bool) {
        self.generation = generation
        self.process = process
        self.hash = hash
        self.isDraining = isDraining
        self.leads = leads
    }

    package func pack(into packer: inout Packer) {
        packer.add(generation)
        packer.add(process)
        packer.add(hash)
        packer.add(isDraining)
        packer.add(leads)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        generation = try unpacker.int()
        process = try unpacker.int()
        hash = try unpacker.text()
        isDraining = try unpacker.bool()
        leads = try unpacker.bool()
    }
}

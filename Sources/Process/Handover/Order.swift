/// What a supervisor says to a worker.
package enum Order: Packed, Hashable {
    /// Listening sockets at these addresses come with it, in this order. Before `begin`, in as many messages as it takes.
    case sockets([String])
    /// Load everything, accept nothing, say `ready`. With it: the lock of the data folder, and the copy of the configuration.
    case begin(Beginning)
    /// Validate the copy that comes with it, and end: `ready` or `refused`.
    case validate
    /// Accept, say `started`.
    case go
    /// Move rollouts, free bytes, make encodings: one generation does.
    case lead(Succession)
    /// Another generation serves: give up what you lead, say `yielded`; finish what you hold, and end.
    case drain
    /// End within that many milliseconds, whatever still runs.
    case hurry(milliseconds: Int)
    /// The node stops.
    case stop(milliseconds: Int)
    case reopenLogs
    /// How many other generations live.
    case company(Int)
    /// Another generation has changed the content state to this version, or further: say `follows` when it is served.
    case follow(version: Int)
    /// Every other generation serves that version.
    case followed(version: Int)

    package func pack(into packer: inout Packer) {
        switch self {
        case .sockets(let addresses):
            packer.add(UInt8(1))
            packer.add(addresses)
        case .begin(let beginning):
            packer.add(UInt8(2))
            packer.add(beginning)
        case .validate: packer.add(UInt8(3))
        case .go: packer.add(UInt8(4))
        case .lead(let succession):
            packer.add(UInt8(5))
            packer.add(succession.rawValue)
        case .drain: packer.add(UInt8(6))
        case .hurry(let milliseconds):
            packer.add(UInt8(7))
            packer.add(milliseconds)
        case .stop(let milliseconds):
            packer.add(UInt8(8))
            packer.add(milliseconds)
        case .reopenLogs: packer.add(UInt8(9))
        case .company(let count):
            packer.add(UInt8(10))
            packer.add(count)
        case .follow(let version):
            packer.add(UInt8(11))
            packer.add(version)
        case .followed(let version):
            packer.add(UInt8(12))
            packer.add(version)
        }
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        switch try unpacker.byte() {
        case 1: self = .sockets(try unpacker.list())
        case 2: self = .begin(try Beginning(from: &unpacker))
        case 3: self = .validate
        case 4: self = .go
        case 5:
            guard let succession = Succession(rawValue: try unpacker.byte()) else { throw .malformed }
            self = .lead(succession)
        case 6: self = .drain
        case 7: self = .hurry(milliseconds: try unpacker.int())
        case 8: self = .stop(milliseconds: try unpacker.int())
        case 9: self = .reopenLogs
        case 10: self = .company(try unpacker.int())
        case 11: self = .follow(version: try unpacker.int())
        case 12: self = .followed(version: try unpacker.int())
        default: throw .malformed
        }
    }
}

/// What came before a generation leads.
package enum Succession: UInt8, CaseIterable, Sendable {
    /// The one before has given up what it led and has lost no counts.
    case afterYield = 1
    /// Nobody led, or who did has died: what was counted last is missing.
    case afterGap = 2
}

/// Who a worker is.
package struct Beginning: Packed, Hashable {
    package var generation: Int
    package var supervisor: Int
    /// Whether no other generation lives: what interrupted work has left may be removed.
    package var isAlone: Bool
    /// Published before anything is served.
    package var folder: String?

    package init(generation: Int, supervisor: Int, isAlone: Bool, folder: String?) {
        self.generation = generation
        self.supervisor = supervisor
        self.isAlone = isAlone
        self.folder = folder
    }

    package func pack(into packer: inout Packer) {
        packer.add(generation)
        packer.add(supervisor)
        packer.add(isAlone)
        packer.add(folder)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        generation = try unpacker.int()
        supervisor = try unpacker.int()
        isAlone = try unpacker.bool()
        folder = try unpacker.optional()
    }
}

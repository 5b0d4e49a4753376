/// What a command asks of a supervisor over `control.sock`.
package enum Wish: UInt8, CaseIterable, Packed {
    case reload = 1
    case upgrade = 2
    case stop = 3
    case generations = 4

    package func pack(into packer: inout Packer) { packer.add(rawValue) }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        guard let wish = Wish(rawValue: try unpacker.byte()) else { throw .malformed }
        self = wish
    }
}

/// What it is told.
package enum Reply: Packed, Hashable {
    case done(text: String)
    /// The exit code and words of `contract.md`.
    case refused(exit: Int, text: String)
    case stopped(process: Int, cut: Int)
    case generations([GenerationReport])

    package func pack(into packer: inout Packer) {
        switch self {
        case .done(let text):
            packer.add(UInt8(1))
            packer.add(text)
        case .refused(let exit, let text):
            packer.add(UInt8(2))
            packer.add(exit)
            packer.add(text)
        case .stopped(let process, let cut):
            packer.add(UInt8(3))
            packer.add(process)
            packer.add(cut)
        case .generations(let list):
            packer.add(UInt8(4))
            packer.add(list)
        }
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        switch try unpacker.byte() {
        case 1: self = .done(text: try unpacker.text())
        case 2: self = .refused(exit: try unpacker.int(), text: try unpacker.text())
        case 3: self = .stopped(process: try unpacker.int(), cut: try unpacker.int())
        case 4: self = .generations(try unpacker.list())
        default: throw .malformed
        }
    }
}

/// One generation as `tandem status` shows it.
package struct GenerationReport: Packed, Hashable, Codable {
    package var number: Int
    package var process: Int
    /// `loading`, `starting`, `serving`, `draining`, `stopping`.
    package var state: String
    /// Of its configuration and certificates.
    package var hash: String
    package var ageSeconds: Int
    package var figures: Figures

    package init(number: Int, process: Int, state: String, hash: String, ageSeconds: Int, figures: Figures) {
        self.number = number
        self.process = process
        self.state = state
        self.hash = hash
        self.ageSeconds = ageSeconds
        self.figures = figures
    }

    package func pack(into packer: inout Packer) {
        packer.add(number)
        packer.add(process)
        packer.add(state)
        packer.add(hash)
        packer.add(ageSeconds)
        packer.add(figures)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        number = try unpacker.int()
        process = try unpacker.int()
        state = try unpacker.text()
        hash = try unpacker.text()
        ageSeconds = try unpacker.int()
        figures = try Figures(from: &unpacker)
    }
}

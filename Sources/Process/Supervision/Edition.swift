import Handover
import Settings

/// One configuration with its certificates, as copied when it was asked for, and the binary it runs with.
package struct Edition: Hashable, Sendable {
    package var number: Int
    /// Of the copy.
    package var hash: String
    package var policy: Policy

    package init(number: Int, hash: String, policy: Policy) {
        self.number = number
        self.hash = hash
        self.policy = policy
    }

    /// What the supervisor itself takes from a configuration.
    package struct Policy: Hashable, Sendable {
        /// Generations that may live at once, the serving one among them. At least 2.
        package var maximum = 4
        /// From being spawned to serving.
        package var readyTimeout = Duration.seconds(30)
        /// A generation that dies younger has not proved itself.
        package var probation = Duration.seconds(10)
        /// After `TERM`.
        package var stop = Duration.seconds(30)
        /// After `QUIT`.
        package var patientStop = Duration.seconds(600)

        package init() {}
    }
}

extension Edition.Policy: Packed {
    package init(_ configuration: Configuration) {
        self.init()
        maximum = configuration.generations.maximum
        readyTimeout = configuration.generations.readyTimeout
        probation = configuration.generations.probation
        stop = configuration.drain.stop
        patientStop = max(configuration.drain.transfer, configuration.drain.websocket, configuration.drain.stop)
    }

    package func pack(into packer: inout Packer) {
        packer.add(maximum)
        for duration in [readyTimeout, probation, stop, patientStop] { packer.add(duration.milliseconds) }
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        self.init()
        maximum = try unpacker.int()
        readyTimeout = .milliseconds(try unpacker.int())
        probation = .milliseconds(try unpacker.int())
        stop = .milliseconds(try unpacker.int())
        patientStop = .milliseconds(try unpacker.int())
    }
}

extension Edition: Packed {
    package func pack(into packer: inout Packer) {
        packer.add(number)
        packer.add(hash)
        packer.add(policy)
    }

    package init(from unpacker: inout Unpacker) throws(HandoverFault) {
        number = try unpacker.int()
        hash = try unpacker.text()
        policy = try Policy(from: &unpacker)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int { Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000) }
}

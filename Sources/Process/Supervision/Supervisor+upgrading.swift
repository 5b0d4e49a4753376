import Blobs
import Glibc
import Handover
import Settings
import Sockets

// Replacing the supervisor's own image: the process id stays, children stay its own (`processes.md`, Binary upgrade).
extension Supervisor {
    /// What the next image needs to go on.
    struct Memory: Packed {
        var machine: SupervisorMachine
        var control: Int
        var lock: Int
        /// Generation, process, descriptor, whether it is our child.
        var workers: [[Int]]
        /// Key, address, descriptor, editions.
        var keys: [String]
        var addresses: [String]
        var sockets: [[Int]]
        /// Edition, descriptor of its copy.
        var editions: [[Int]]
        var nextEdition: Int
        /// Number, descriptor.
        var askers: [[Int]]
        var nextAsker: Int
        var notify: String?
        var watchdogMilliseconds: Int?
        /// Where an upgrade looks.
        var binary: String
        /// Descriptor of the image before; nil: it is gone back to.
        var previous: Int?

        var descriptors: [Int32] {
            let numbers =
                [control, lock] + [previous].compactMap { $0 } + workers.map { $0[2] } + sockets.map { $0[0] } + editions.map { $0[1] }
                + askers.map { $0[1] }
            return numbers.map { Int32(truncatingIfNeeded: $0) }
        }
    }

    private func memory(previous: Int32?) -> Memory {
        Memory(
            machine: machine, control: Int(control.descriptor), lock: Int(directory.lockDescriptor),
            workers: workers.map { [$0, Int($1.process), Int($1.socket.descriptor), $1.isChild ? 1 : 0] },
            keys: table.entries.map(\.key), addresses: table.entries.map(\.socket.address),
            sockets: table.entries.map { [Int($0.socket.descriptor)] + $0.editions.sorted() },
            editions: editions.map { [$0, Int($1.copy)] }, nextEdition: nextEdition,
            askers: askers.map { [$0, Int($1.descriptor)] }, nextAsker: nextAsker, notify: notifier.path,
            watchdogMilliseconds: notifier.watchdog?.milliseconds, binary: binary, previous: previous.map { Int($0) })
    }

    /// Becomes another binary. Returns only when that fails: then nothing has changed.
    func execute(_ next: SupervisorMachine.Binary) {
        // Its file may be replaced or removed by the time it is wanted again.
        let image = next == .new ? open(Self.ownImage, O_RDONLY | O_CLOEXEC) : -1
        defer { if image >= 0 { close(image) } }
        let memory = memory(previous: image >= 0 ? image : nil)
        do throws(HandoverFault) {
            let file = try MemoryFile.make("tandem-supervisor", memory.packed)
            defer { close(file) }
            let inherited = memory.descriptors + [file]
            for descriptor in inherited { _ = fcntl(descriptor, F_SETFD, 0) }
            var argv: [UnsafeMutablePointer<CChar>?] =
                (["tandem", "serve", "--resume", "\(file)"] + surroundings.arguments).map { strdup($0) } + [nil]
            defer { for text in argv { free(text) } }
            execv(path(of: next), &argv)
            let code = errno
            for descriptor in inherited { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            throw .system(path(of: next), code)
        } catch {
            feed(.notExecuted(reason: error.description))
        }
    }

    /// Goes on where the image before was replaced.
    /// - Parameter file: its memory, closed here.
    /// - Returns: the exit code.
    package static func resume(_ surroundings: Surroundings, from file: Int32) throws(Refusal) -> Int32 {
        do throws(HandoverFault) {
            let memory = try Memory(packed: try MemoryFile.read(file))
            close(file)
            for descriptor in memory.descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            let supervisor = try Supervisor(surroundings, memory)
            for action in supervisor.machine.executed(now: now) { supervisor.perform(action) }
            return supervisor.run()
        } catch {
            throw .failed("the supervisor cannot go on after the upgrade: \(error)")
        }
    }

    private convenience init(_ surroundings: Surroundings, _ memory: Memory) throws(HandoverFault) {
        var editions: [Int: Holding] = [:]
        var root: String?
        for row in memory.editions {
            let copy = try ConfigurationCopy(packed: try MemoryFile.read(Int32(row[1])))
            // Both were read with success by the image before.
            guard let configuration = try? surroundings.reader.configuration(of: copy) else { throw .malformed }
            editions[row[0]] = Holding(configuration: configuration, copy: Int32(row[1]))
            root = configuration.data
        }
        guard let root else { throw .malformed }
        let directory: DataDirectory
        do throws(DataDirectoryError) {
            directory = try DataDirectory.open(root, lockedBy: Int32(memory.lock))
        } catch {
            throw .system(error.description, EIO)
        }
        let notifier = ServiceNotifier(path: memory.notify, watchdog: memory.watchdogMilliseconds.map { .milliseconds($0) })
        self.init(
            surroundings, directory: directory, machine: memory.machine, control: MessageSocket(descriptor: Int32(memory.control)),
            notifier: notifier, binary: memory.binary)
        previous = memory.previous.map { Int32($0) }
        self.editions = editions
        isAnnounced = true
        nextEdition = memory.nextEdition
        nextAsker = memory.nextAsker
        for row in memory.workers {
            workers[row[0]] = Worker(
                socket: MessageSocket(descriptor: Int32(row[2])), process: pid_t(row[1]), isChild: row[3] == 1)
        }
        for (index, row) in memory.sockets.enumerated() {
            let socket = ListeningSocket(descriptor: Int32(row[0]), address: memory.addresses[index])
            table.take(socket, key: memory.keys[index], editions: Set(row.dropFirst()))
        }
        for row in memory.askers { askers[row[0]] = MessageSocket(descriptor: Int32(row[1])) }
    }
}

extension Supervisor.Memory {
    func pack(into packer: inout Packer) {
        packer.add(machine)
        packer.add(control)
        packer.add(lock)
        for rows in [workers, sockets, editions, askers] { packer.add(rows.map(Row.init)) }
        packer.add(keys)
        packer.add(addresses)
        packer.add(nextEdition)
        packer.add(nextAsker)
        packer.add(notify)
        packer.add(watchdogMilliseconds)
        packer.add(binary)
        packer.add(previous)
    }

    init(from unpacker: inout Unpacker) throws(HandoverFault) {
        machine = try SupervisorMachine(from: &unpacker)
        control = try unpacker.int()
        lock = try unpacker.int()
        workers = try unpacker.list(Row.self).map(\.numbers)
        sockets = try unpacker.list(Row.self).map(\.numbers)
        editions = try unpacker.list(Row.self).map(\.numbers)
        askers = try unpacker.list(Row.self).map(\.numbers)
        keys = try unpacker.list()
        addresses = try unpacker.list()
        nextEdition = try unpacker.int()
        nextAsker = try unpacker.int()
        notify = try unpacker.optional()
        watchdogMilliseconds = try unpacker.optional()
        binary = try unpacker.text()
        previous = try unpacker.optional()
        let areWhole = workers.allSatisfy { $0.count == 4 } && (editions + askers).allSatisfy { $0.count == 2 }
        guard areWhole, sockets.allSatisfy({ !$0.isEmpty }), keys.count == sockets.count, addresses.count == sockets.count else {
            throw .malformed
        }
    }

    private struct Row: Packed {
        var numbers: [Int]

        init(_ numbers: [Int]) { self.numbers = numbers }
        func pack(into packer: inout Packer) { packer.add(numbers) }
        init(from unpacker: inout Unpacker) throws(HandoverFault) { numbers = try unpacker.list() }
    }
}

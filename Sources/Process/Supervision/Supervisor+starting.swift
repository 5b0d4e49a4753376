import Blobs
import Glibc
import Handover
import Settings
import Sockets

// Taking the data folder and the addresses, from nobody, from a service manager, or from orphans.
extension Supervisor {
    /// Serves until the node has stopped.
    /// - Returns: the exit code.
    /// - Throws: why nothing could be started.
    package static func serve(_ surroundings: Surroundings) throws(Refusal) -> Int32 {
        let (copy, configuration) = try surroundings.reader.read()
        let (directory, orphans) = try takeFolder(configuration.data)
        let supervisor = try make(surroundings, directory)
        supervisor.takeFromServiceManager(configuration)
        for orphan in orphans { supervisor.adopt(orphan, configuration) }
        let edition: Edition
        do throws(HandoverFault) { edition = try supervisor.hold(copy, configuration) } catch { throw .failed(error.description) }
        do throws(SocketFault) {
            try supervisor.table.open(configuration.listen.map(\.address.description), edition: edition.number)
        } catch {
            throw .failed("\(error)\nStop what uses it, or change `listen` (with `serve DIR` the address is 0.0.0.0:8080).")
        }
        try checkAdministration(configuration)
        supervisor.feed(.begin(edition))
        let code = supervisor.run()
        if let failure = supervisor.failure { throw failure }
        return code
    }

    /// The leading generation binds it, so that here it can only be tried.
    static func checkAdministration(_ configuration: Configuration) throws(Refusal) {
        guard let address = configuration.admin.address else { return }
        do throws(SocketFault) {
            try ListeningSocket.open(address.description).closeCopy()
        } catch {
            throw .failed("\(error)\nStop what uses it, or change `admin.address`.")
        }
    }

    private static func make(_ surroundings: Surroundings, _ directory: DataDirectory) throws(Refusal) -> Supervisor {
        let control: MessageSocket
        do throws(HandoverFault) {
            control = try MessageSocket.listen(at: "\(directory.root)/control.sock")
        } catch {
            throw .failed("\(error)\nThe data folder needs a path short enough for a socket, and this user's right to write there.")
        }
        let supervisor = Supervisor(
            surroundings, directory: directory, machine: SupervisorMachine(process: Int(getpid())), control: control,
            notifier: .fromEnvironment(), binary: ownPath)
        supervisor.writeProcess()
        return supervisor
    }

    /// Where this program was found when it began.
    static var ownPath: String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : "/proc/self/exe"
    }

    func writeProcess() {
        do throws(BlobError) {
            try directory.replace(pidPath, with: Array("\(getpid())\n".utf8))
        } catch {
            surroundings.log(.warning, "\(pidPath) cannot be written: \(error)")
        }
    }

    // MARK: The data folder

    /// A worker without a supervisor, and what it gave.
    struct Adopted {
        var orphan: Orphan
        var socket: MessageSocket
        var sockets: [ListeningSocket]
        var lock: Int32
    }

    /// How long workers whose supervisor has just died may take to notice.
    private static let patience = Duration.seconds(3)
    /// How long the one that serves is waited for where only those that drain have offered themselves: it may be a little slower, or it was
    /// killed beside the supervisor.
    private static let patienceForServing = Duration.seconds(1)
    private static let patienceForOthers: useconds_t = 50_000

    private static func takeFolder(_ data: String) throws(Refusal) -> (DataDirectory, [Adopted]) {
        do throws(DataDirectoryError) {
            let directory = try DataDirectory.open(data)
            do throws(DataDirectoryError) {
                try directory.lock()
                return (directory, [])
            } catch {
                guard case .locked(_, let holder) = error, let process = Int32(holder), hasEnded(process) else { throw error }
                let orphans = adoptOrphans(directory)
                guard let lock = orphans.first?.lock else {
                    // Whoever held it has ended meanwhile.
                    try directory.lock()
                    return (directory, [])
                }
                for orphan in orphans.dropFirst() { close(orphan.lock) }
                let inherited = try DataDirectory.open(data, lockedBy: lock)
                try inherited.lock()
                return (inherited, orphans)
            }
        } catch {
            throw .failed(error.description)
        }
    }

    /// Also one that its parent has not taken note of: in a container nobody may.
    private static func hasEnded(_ process: Int32) -> Bool {
        if kill(process, 0) != 0 { return errno == ESRCH }
        // "1234 (name) Z …": the name may have anything in it but ends with the last parenthesis (proc(5)).
        guard let status = try? FileReader.readAll("/proc/\(process)/stat"), let end = status.lastIndex(of: UInt8(ascii: ")")) else {
            return false
        }
        return status[end...].dropFirst(2).first == UInt8(ascii: "Z")
    }

    /// Connects to every worker that offers itself. They see the end of their supervisor within moments; one that is ending, or
    /// that was killed beside it, offers nothing and frees the lock.
    private static func adoptOrphans(_ directory: DataDirectory) -> [Adopted] {
        let began = now
        var found: [Adopted] = []
        func look() {
            for name in FileReader.names(in: directory.root) where Orphan.isOffer(name) {
                if let one = adoptOrphan("\(directory.root)/\(name)") { found.append(one) }
            }
        }
        while !found.contains(where: { !$0.orphan.isDraining }), now < began + (found.isEmpty ? patience : patienceForServing) {
            if found.isEmpty, (try? directory.lock()) != nil { break }
            look()
            usleep(10_000)
        }
        usleep(patienceForOthers)
        look()
        return found.sorted { $0.orphan.generation < $1.orphan.generation }
    }

    private static func adoptOrphan(_ path: String) -> Adopted? {
        guard let socket = try? MessageSocket.connect(to: path) else {
            // What a worker left that was killed.
            unlink(path)
            return nil
        }
        var sockets: [ListeningSocket] = []
        while let (word, descriptors) = try? socket.receive(Word.self) {
            switch word {
            case .sockets(let addresses):
                sockets += zip(addresses, descriptors).map { ListeningSocket(descriptor: $1, address: $0) }
            case .orphan(let orphan):
                guard let lock = descriptors.first else { break }
                return Adopted(orphan: orphan, socket: socket, sockets: sockets, lock: lock)
            default: for descriptor in descriptors { close(descriptor) }
            }
        }
        socket.close()
        for socket in sockets { socket.closeCopy() }
        return nil
    }

    private func adopt(_ adopted: Adopted, _ configuration: Configuration) {
        let addresses = configuration.listen.map(\.address.description)
        for (key, address) in zip(SocketTable.keys(addresses), addresses) {
            guard let socket = adopted.sockets.first(where: { SocketTable.serves($0.address, address) }) else { continue }
            table.take(socket, key: key, editions: [nextEdition])
        }
        for socket in adopted.sockets where !table.entries.contains(where: { $0.socket == socket }) { socket.closeCopy() }
        workers[adopted.orphan.generation] = Worker(
            socket: adopted.socket, process: pid_t(adopted.orphan.process), isChild: false)
        feed(.adopted(adopted.orphan))
    }

    // MARK: Socket activation

    private static let firstInherited: Int32 = 3

    /// Sockets that a service manager opened (sd_listen_fds(3)), by their address.
    private func takeFromServiceManager(_ configuration: Configuration) {
        defer { for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let process = getenv("LISTEN_PID").flatMap({ Int32(String(cString: $0)) }), process == getpid(),
            let count = getenv("LISTEN_FDS").flatMap({ Int32(String(cString: $0)) }), count > 0
        else { return }
        let addresses = configuration.listen.map(\.address.description)
        for descriptor in Self.firstInherited..<Self.firstInherited + count {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            guard let address = ListeningSocket.address(of: descriptor),
                let key = zip(SocketTable.keys(addresses), addresses).first(where: { SocketTable.serves(address, $0.1) })?.0
            else {
                surroundings.log(
                    .warning, "the service manager gave a socket (descriptor \(descriptor)) that `listen` does not name: closed")
                close(descriptor)
                continue
            }
            Glibc.listen(descriptor, ListeningSocket.backlog)
            table.take(ListeningSocket(descriptor: descriptor, address: address), key: key, editions: [nextEdition])
        }
    }
}

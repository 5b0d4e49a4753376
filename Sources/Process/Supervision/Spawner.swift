import CTandem
import Glibc
import Handover

/// Starts a program with some descriptors and nothing else of ours: no other descriptor, no blocked signal, no handler.
enum Spawner {
    /// - Parameters:
    ///   - program: its path.
    ///   - descriptors: become 3, 4 … there.
    static func spawn(_ program: String, _ arguments: [String], descriptors: [Int32]) throws(HandoverFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Lifted above every target first, so that none is overwritten before it is copied.
        var lifted: [Int32] = []
        defer { for descriptor in lifted { close(descriptor) } }
        for descriptor in descriptors {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3 + Int32(descriptors.count) + 16)
            guard copy >= 0 else { throw .system("fcntl", errno) }
            lifted.append(copy)
        }
        for (index, copy) in lifted.enumerated() { posix_spawn_file_actions_adddup2(&actions, copy, 3 + Int32(index)) }
        tandem_spawn_close_from(&actions, 3 + Int32(descriptors.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var process = pid_t()
        let code = posix_spawn(&process, program, &actions, &attributes, &argv, environ)
        guard code == 0 else { throw .system(program, code) }
        return process
    }
}

import Glibc

/// Tells a service manager what the node does (sd_notify(3)). Does nothing where none listens.
package struct ServiceNotifier: Sendable {
    /// `NOTIFY_SOCKET`; nil: nobody is told.
    package let path: String?
    /// How often the service manager wants to hear from us (`WATCHDOG_USEC`), halved.
    package let watchdog: Duration?

    package init(path: String?, watchdog: Duration?) {
        self.path = path
        self.watchdog = watchdog
    }

    /// What the environment says, and takes it out of there: it is not meant for workers.
    package static func fromEnvironment() -> ServiceNotifier {
        func taken(_ name: String) -> String? {
            defer { unsetenv(name) }
            return getenv(name).map { String(cString: $0) }
        }
        let path = taken("NOTIFY_SOCKET")
        let process = taken("WATCHDOG_PID").flatMap { Int32($0) }
        let microseconds = taken("WATCHDOG_USEC").flatMap { Int64($0) }
        let isOurs = process == nil || process == getpid()
        return ServiceNotifier(path: path, watchdog: isOurs ? microseconds.map { .microseconds($0 / 2) } : nil)
    }

    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// Without the time systemd 253 waits for ever.
    func reloading(now: Duration) {
        let microseconds = now.components.seconds * 1_000_000 + now.components.attoseconds / 1_000_000_000_000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=Reloading")
    }

    func stopping() { send("STOPPING=1\nSTATUS=Stopping") }
    func alive() { send("WATCHDOG=1") }

    private func send(_ text: String) {
        guard let path else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // An abstract name begins with a zero.
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout<sa_family_t>.size + name.count + (name.first == 0 ? 0 : 1)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
    }
}

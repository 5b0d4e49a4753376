import Glibc

/// What the kernel says of this process (`proc(5)`).
struct ProcessMeasures {
    /// Of all threads, in user and kernel mode.
    var processorSeconds: Double
    var residentBytes: Int
    var openDescriptors: Int

    /// - Returns: nil where `/proc` is not there.
    init?() {
        guard let stat = Self.read("/proc/self/stat"), let memory = Self.read("/proc/self/statm") else { return nil }
        // The second field is the program's name in parentheses, with any characters in it.
        guard let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        let pages = memory.split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]), pages.count > 1,
            let resident = Int(pages[1])
        else { return nil }
        processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        residentBytes = resident * Int(sysconf(Int32(_SC_PAGESIZE)))
        openDescriptors = Self.countDescriptors()
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        // Both are one line, far shorter.
        let text = String(unsafeUninitializedCapacity: 4096) { max(Glibc.read(descriptor, $0.baseAddress, $0.count), 0) }
        return text.isEmpty ? nil : text
    }

    private static func countDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..`, and the one that is open for this.
        return max(count - 3, 0)
    }
}

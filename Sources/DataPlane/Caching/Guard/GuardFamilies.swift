import Glibc
import Synchronization

/// The families of names of which one has proven to mean its content; in a file, so that what was learned outlives the process.
package final class GuardFamilies: Sendable {
    private struct Known {
        var families: Set<String> = []
        var order = FIFO<String>()
    }

    private let path: String
    private let known: Mutex<Known>
    /// The oldest are forgotten: their next name proves them again.
    static let most = 65_536

    /// - Parameter path: of the file; made with the first family.
    package init(path: String) {
        self.path = path
        var known = Known()
        for line in Self.lines(of: path).suffix(Self.most) where known.families.insert(line).inserted { known.order.append(line) }
        self.known = Mutex(known)
    }

    package func contains(_ family: String) -> Bool { known.withLock { $0.families.contains(family) } }

    /// Remembers a family.
    package func insert(_ family: String) {
        guard !family.contains("\n") else { return }
        known.withLock { known in
            guard known.families.insert(family).inserted else { return }
            known.order.append(family)
            if known.families.count > Self.most, let oldest = known.order.removeFirst() { known.families.remove(oldest) }
            append(family)
        }
    }

    private func append(_ family: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // In front, so that half a line of a crash spoils itself alone. What is lost is proven again.
        let bytes = Array("\n\(family)\n".utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    private static func lines(of path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text += block[..<count]
        }
        guard let end = text.lastIndex(of: 0x0A) else { return [] }
        return String(decoding: text[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

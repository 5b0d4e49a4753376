import Foundation
import Glibc
import Logging
import Model

/// Structured logs on standard error: JSON lines, or text on a terminal.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let isText: Bool

    init(isText: Bool) {
        self.isText = isText
    }

    /// A logger of this process: text where somebody reads along.
    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "tandem") { _ in LineLog(isText: isatty(STDERR_FILENO) == 1) }
        logger.logLevel = level
        return logger
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let at = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        if isText {
            Terminal.note("\(at) \(event.level.rawValue) \(event.message)")
            return
        }
        let fields = ["time": at.description, "level": event.level.rawValue, "message": event.message.description]
        guard let data = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes]) else {
            return
        }
        Terminal.note(String(decoding: data, as: UTF8.self))
    }
}

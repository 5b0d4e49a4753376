import Foundation
import Glibc

/// What went wrong on a connection: nothing is ever tried again.
struct ClientError: Error, CustomStringConvertible {
    var description: String
}

/// One connection, kept alive, that asks and waits. Blocks; belongs to one thread.
final class Client {
    struct Answer {
        var status: Int
        var fields: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = try connected(to: port)
    }

    deinit { close(descriptor) }

    func get(_ target: String, _ headers: [String] = []) throws -> Answer {
        try ask(target, headers)
        return try read(target)
    }

    /// Has gone before its end: keeps a connection alive up to here.
    func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Sends a request and reads nothing.
    func ask(_ target: String, _ headers: [String] = []) throws {
        let lines = ["GET \(target) HTTP/1.1", "Host: shop.test"] + headers + ["", ""]
        let request = Array(lines.joined(separator: "\r\n").utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw ClientError(description: "send \(target): \(String(cString: strerror(errno)))")
        }
    }

    /// Sends these bytes as they are.
    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw ClientError(description: "send: \(String(cString: strerror(errno)))")
        }
    }

    /// The next bytes, as many as asked for.
    func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try more("\(count) bytes") }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    func answer(_ target: String) throws -> Answer { try read(target) }

    private func read(_ target: String) throws -> Answer {
        var headEnd: Int?
        while true {
            headEnd = headEnd ?? Data(buffer).range(of: Data("\r\n\r\n".utf8))?.upperBound
            if let end = headEnd {
                var lines = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
                let status = lines.removeFirst().split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                var fields: [String: String] = [:]
                for line in lines {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                }
                let length = fields["content-length"].flatMap { Int($0) } ?? 0
                if buffer.count >= end + length {
                    defer { buffer.removeFirst(end + length) }
                    return Answer(status: status, fields: fields, body: Array(buffer[end..<end + length]))
                }
            }
            try more(target)
        }
    }

    private func more(_ target: String) throws {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        // A signal ends a wait that has a limit: it is no end of what comes.
        if count < 0, errno == EINTR { return try more(target) }
        if count <= 0 { throw ClientError(description: "read \(target): \(count == 0 ? "closed" : String(cString: strerror(errno)))") }
        buffer += piece[..<count]
    }
}

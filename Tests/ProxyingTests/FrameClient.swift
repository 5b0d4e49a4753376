@testable import HTTPEngine

/// A client of HTTP/2 in frames, for one stream.
final class FrameClient {
    private let connection: RawConnection
    private var decoder = HPACKDecoder()

    init(_ connection: RawConnection) {
        self.connection = connection
        let preface = HTTP2FrameReader.preface
        connection.send(Array(UnsafeBufferPointer(start: preface.utf8Start, count: preface.utf8CodeUnitCount)))
        send(.settings, flags: 0, stream: 0, [])
    }

    private func send(_ kind: HTTP2Frame.Kind, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: HTTP2Frame.headCount)
        let frame = HTTP2Frame(kind, flags: flags, stream: stream, length: payload.count)
        bytes.withUnsafeMutableBufferPointer { frame.write(to: $0.baseAddress!) }
        connection.send(bytes + payload)
    }

    func headers(_ fields: [(String, String)], endsStream: Bool) {
        var block: [UInt8] = []
        for (name, value) in fields { HPACKEncoder.append(name: name.utf8, value: value.utf8, to: &block) }
        let flags = HTTP2Frame.Flag.endHeaders | (endsStream ? HTTP2Frame.Flag.endStream : 0)
        send(.headers, flags: flags, stream: 1, block)
    }

    func data(_ text: String, endsStream: Bool) {
        send(.data, flags: endsStream ? HTTP2Frame.Flag.endStream : 0, stream: 1, Array(text.utf8))
    }

    /// Header blocks as lines, up to the one that a test waits for; fewer when nothing more comes.
    func blocks(until isEnough: ([String]) -> Bool) -> [String] {
        var found: [String] = []
        while !isEnough(found) {
            let head = connection.read(HTTP2Frame.headCount)
            guard head.count == HTTP2Frame.headCount else { return found }
            let frame = head.withUnsafeBufferPointer { HTTP2Frame($0.baseAddress!) }
            let payload = connection.read(frame.length)
            if frame.kind == .headers { found.append(lines(payload)) }
        }
        return found
    }

    private func lines(_ block: [UInt8]) -> String {
        var text = ""
        var line = [UInt8](repeating: 0, count: 64 * 1024)
        block.withUnsafeBufferPointer { bytes in
            var reader = HPACKReader(bytes.baseAddress!, count: bytes.count)
            try? decoder.begin(&reader)
            while !reader.isAtEnd {
                guard let entry = try? line.withUnsafeMutableBufferPointer({ try decoder.next(&reader, into: $0.baseAddress!) })
                else { return }
                text += String(decoding: line[..<entry.lineCount], as: UTF8.self)
            }
        }
        return text
    }
}

import HTTPEngine
import Snapshots

/// The field lines of an answer as a client gets them: what is about the server's connection drops out, and what this proxy has to
/// say is added.
struct AnswerLines {
    let head: UpstreamHead
    let base: UnsafePointer<UInt8>
    let order: PassageOrder
    let clock: LoopClock

    var framing: StreamedHead.Framing {
        switch head.framing {
        case .none: .none(declared: head.status == 204 || head.status < 200 ? nil : head.declaredLength)
        case .length(let length): .length(length)
        case .chunked, .untilClose: .unknown
        }
    }

    func write(into block: ByteBlock) {
        block.begin()
        copy(into: block)
        if !head.hasDate {
            // RFC 9110 §6.6.1: who receives an answer without a date gives it one.
            block.add("Date: ")
            withUnsafeBytes(of: clock.date) { block.add(UnsafeRawBufferPointer(rebasing: $0[..<LoopClock.dateCount])) }
            block.add("\r\n")
        }
        block.add(order.responseLines)
        block.add(via)
        block.add(order.cacheStatus)
    }

    private var via: StaticString {
        switch head.minorVersion {
        case 0: "Via: 1.0 tandem\r\n"
        case 1: "Via: 1.1 tandem\r\n"
        default: "Via: 2 tandem\r\n"
        }
    }

    /// Those of a head in front of the answer's: what this proxy has to say stands in that.
    func writeInterim(into block: ByteBlock) {
        block.begin()
        copy(into: block)
    }

    private func copy(into block: ByteBlock) {
        if head.namesFields || head.hasManyCuts || !order.replacedFields.isEmpty || !order.policy.response.removedPrefixes.isEmpty {
            copyOneByOne(into: block)
        } else {
            block.added(head.copyEndToEnd(from: base, to: block.place))
        }
    }

    private static let ofConnection: [[StaticString]] = {
        let all: [StaticString] = [
            "te", "trailer", "proxy-connection", "upgrade", "connection", "keep-alive", "content-length", "transfer-encoding",
            "proxy-authenticate",
        ]
        return (0..<20).map { length in all.filter { $0.utf8CodeUnitCount == length } }
    }()

    private func copyOneByOne(into block: ByteBlock) {
        let named = head.namesFields ? namedByConnection : []
        head.forEachField(in: base) { name, value in
            let bytes = name.bytes(from: base)
            if Self.isOfConnection(bytes) || Self.contains(order.replacedFields, bytes) || Self.contains(named, bytes) { return }
            if order.policy.response.removes(bytes) { return }
            if order.isPersonal, order.replacesPersonal(String(decoding: bytes, as: UTF8.self).lowercased(), value.bytes(from: base)) {
                return
            }
            block.add(bytes)
            block.add(": ")
            block.add(value.bytes(from: base))
            block.add("\r\n")
        }
    }

    private static func isOfConnection(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count < ofConnection.count else { return false }
        return ofConnection[name.count].contains { lower in
            let wanted = lower.utf8Start
            return name.indices.allSatisfy { isSame(name[$0], wanted[$0]) }
        }
    }

    /// - Parameter names: in lower case.
    private static func contains(_ names: [[UInt8]], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        names.contains { $0.count == name.count && name.elementsEqual($0, by: isSame) }
    }

    /// In lower case: fields that are for one hop (RFC 9110 §7.6.1).
    private var namedByConnection: [[UInt8]] {
        var named: [[UInt8]] = []
        head.forEachField(in: base) { name, value in
            guard name.bytes(from: base).elementsEqual("connection".utf8, by: Self.isSame) else { return }
            ListTokens.forEach(value.bytes(from: base)) { token in named.append(token.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }) }
        }
        return named
    }

    private static func isSame(_ byte: UInt8, _ lower: UInt8) -> Bool { (byte &- 0x41 < 26 ? byte | 0x20 : byte) == lower }
}

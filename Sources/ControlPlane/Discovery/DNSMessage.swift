/// A question to a name server, and what of its answer is of use to find servers by (RFC 1035 §4, RFC 3596, RFC 2782).
///
/// Whatever comes is read within its bounds: names may point back only, so that no chain of them runs in circles, and a name has at
/// most 255 bytes (RFC 1035 §3.1). Left out: the authority section, and records of all other types, which are skipped.
package enum DNSMessage {
    package enum Kind: UInt16, Hashable, Sendable {
        case a = 1
        case alias = 5
        case aaaa = 28
        case service = 33
    }

    package struct Question: Hashable, Sendable {
        /// In lower case, without the last dot.
        package var name: String
        package var kind: Kind

        package init(_ name: String, _ kind: Kind) {
            self.name = name.lowercased()
            self.kind = kind
        }
    }

    package struct Record: Hashable, Sendable {
        package enum Value: Hashable, Sendable {
            /// 4 or 16 bytes.
            case address([UInt8])
            case alias(String)
            case service(priority: UInt16, weight: UInt16, port: UInt16, target: String)
        }

        package var name: String
        /// For how long it may be believed.
        package var seconds: UInt32
        package var value: Value
    }

    package struct Answer: Hashable, Sendable {
        /// More would not fit: it is to be asked for over TCP.
        package var isTruncated: Bool
        /// Whether there is no such name (NXDOMAIN).
        package var isUnknownName: Bool
        package var records: [Record]
    }

    package enum Fault: Error, Hashable, Sendable {
        /// Not a message, or one that ends in the middle.
        case malformed
        /// To another question: somebody else's, or forged.
        case foreign
        /// The server cannot say: RCODE.
        case refused(UInt8)
    }

    // MARK: Asking

    /// - Returns: nil for a name that cannot be asked for.
    package static func query(_ question: Question, id: UInt16) -> [UInt8]? {
        // One question, recursion desired (RFC 1035 §4.1.1).
        var bytes = [UInt8(id >> 8), UInt8(id & 0xff), 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        let labels = question.name.split(separator: ".", omittingEmptySubsequences: false)
        for label in labels {
            guard (1...63).contains(label.utf8.count) else { return nil }
            bytes.append(UInt8(label.utf8.count))
            bytes += label.utf8
        }
        bytes.append(0)
        guard bytes.count - 12 <= 255 else { return nil }
        return bytes + [0, UInt8(question.kind.rawValue), 0, 1]
    }

    // MARK: Reading

    package static func read(_ bytes: [UInt8], question: Question, id: UInt16) throws(Fault) -> Answer {
        var reader = Reader(bytes)
        guard try reader.number() == id else { throw .foreign }
        let flags = try reader.number()
        guard flags & 0x8000 != 0 else { throw .foreign }
        let counts = (try reader.number(), try reader.number(), try reader.number(), try reader.number())
        guard counts.0 == 1, try reader.name() == question.name, try reader.number() == question.kind.rawValue, try reader.number() == 1
        else { throw .foreign }
        let code = UInt8(flags & 0x0f)
        guard code == 0 || code == 3 else { throw .refused(code) }
        var answer = Answer(isTruncated: flags & 0x0200 != 0, isUnknownName: code == 3, records: [])
        if answer.isTruncated { return answer }
        let (answers, authorities) = (Int(counts.1), Int(counts.2))
        for index in 0..<(answers + authorities + Int(counts.3)) {
            let record = try reader.record()
            if let record, index < answers || index >= answers + authorities { answer.records.append(record) }
        }
        return answer
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var at = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func byte() throws(Fault) -> UInt8 {
            guard at < bytes.count else { throw .malformed }
            defer { at += 1 }
            return bytes[at]
        }

        mutating func number() throws(Fault) -> UInt16 { UInt16(try byte()) << 8 | UInt16(try byte()) }

        /// A name where the reader stands, with what it points to.
        mutating func name() throws(Fault) -> String {
            var text: [UInt8] = []
            var place = at
            var end: Int?
            while true {
                guard place < bytes.count else { throw .malformed }
                let length = Int(bytes[place])
                if length & 0xc0 == 0xc0 {
                    guard place + 1 < bytes.count else { throw .malformed }
                    let target = (length & 0x3f) << 8 | Int(bytes[place + 1])
                    // Back only: each jump leads before all that was read.
                    guard target < place else { throw .malformed }
                    end = end ?? place + 2
                    place = target
                    continue
                }
                guard length < 64, place + 1 + length <= bytes.count else { throw .malformed }
                if length == 0 {
                    at = end ?? place + 1
                    return String(decoding: text, as: UTF8.self)
                }
                if !text.isEmpty { text.append(UInt8(ascii: ".")) }
                for byte in bytes[(place + 1)...(place + length)] {
                    // A dot within a label would read as another name.
                    guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: ".") else { throw .malformed }
                    text.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
                }
                guard text.count <= 253 else { throw .malformed }
                place += 1 + length
            }
        }

        /// - Returns: nil for one that is of no use.
        mutating func record() throws(Fault) -> Record? {
            let name = try name()
            let (kind, space) = (try number(), try number())
            let seconds = UInt32(try number()) << 16 | UInt32(try number())
            let length = Int(try number())
            let end = at + length
            guard end <= bytes.count else { throw .malformed }
            let value = try value(kind: space == 1 ? Kind(rawValue: kind) : nil, end: end)
            guard at <= end else { throw .malformed }
            at = end
            // With its highest bit set it is none (RFC 2181 §8).
            return value.map { Record(name: name, seconds: seconds > 0x7fff_ffff ? 0 : seconds, value: $0) }
        }

        private mutating func value(kind: Kind?, end: Int) throws(Fault) -> Record.Value? {
            switch kind {
            case .a, .aaaa:
                guard end - at == (kind == .a ? 4 : 16) else { throw .malformed }
                return .address(Array(bytes[at..<end]))
            case .alias: return .alias(try name())
            case .service:
                let (priority, weight, port) = (try number(), try number(), try number())
                return .service(priority: priority, weight: weight, port: port, target: try name())
            case nil: return nil
            }
        }
    }
}

extension DNSMessage.Answer {
    /// The addresses of a name, through its aliases, and for how long they may be believed.
    package func addresses(of name: String) -> (addresses: [[UInt8]], seconds: UInt32) {
        var (name, seconds) = (name.lowercased(), UInt32.max)
        // More than a few aliases in a row are a mistake, or a circle.
        for _ in 0..<8 {
            let found = records.filter { $0.name == name }
            let addresses = found.compactMap { record -> [UInt8]? in if case .address(let bytes) = record.value { bytes } else { nil } }
            if !addresses.isEmpty { return (addresses, found.map(\.seconds).min().map { min($0, seconds) } ?? 0) }
            guard let alias = found.first(where: { if case .alias = $0.value { true } else { false } }),
                case .alias(let other) = alias.value
            else { break }
            (name, seconds) = (other, min(seconds, alias.seconds))
        }
        return ([], 0)
    }
}

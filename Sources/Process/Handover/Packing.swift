/// Writes values as bytes: numbers little-endian, texts and lists behind their length. What two versions of the program say to
/// each other, so it is spelled here and not left to a library.
package struct Packer: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func add(_ value: UInt8) { bytes.append(value) }
    package mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func add(_ value: Int) {
        var value = UInt64(bitPattern: Int64(value))
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    package mutating func add(_ text: String) { add(Array(text.utf8)) }

    package mutating func add(_ data: [UInt8]) {
        add(data.count)
        bytes += data
    }

    package mutating func add<Value: Packed>(_ value: Value) { value.pack(into: &self) }

    package mutating func add<Value: Packed>(_ list: [Value]) {
        add(list.count)
        for value in list { add(value) }
    }

    package mutating func add<Value: Packed>(_ value: Value?) {
        add(value != nil)
        if let value { add(value) }
    }
}

/// Reads what `Packer` wrote. The bytes may come from anybody: every length is checked before anything is taken by it.
package struct Unpacker: Sendable {
    private let bytes: [UInt8]
    private var at = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var isAtEnd: Bool { at == bytes.count }

    package mutating func byte() throws(HandoverFault) -> UInt8 {
        guard at < bytes.count else { throw .malformed }
        defer { at += 1 }
        return bytes[at]
    }

    package mutating func bool() throws(HandoverFault) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .malformed
        }
    }

    package mutating func int() throws(HandoverFault) -> Int {
        guard bytes.count - at >= 8 else { throw .malformed }
        var value: UInt64 = 0
        for index in (0..<8).reversed() { value = value << 8 | UInt64(bytes[at + index]) }
        at += 8
        return Int(Int64(bitPattern: value))
    }

    package mutating func data() throws(HandoverFault) -> [UInt8] {
        let count = try int()
        guard count >= 0, count <= bytes.count - at else { throw .malformed }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    package mutating func text() throws(HandoverFault) -> String {
        guard let text = String(validating: try data(), as: UTF8.self) else { throw .malformed }
        return text
    }

    package mutating func list<Value: Packed>(_: Value.Type = Value.self) throws(HandoverFault) -> [Value] {
        let count = try int()
        // No value takes less than a byte.
        guard count >= 0, count <= bytes.count - at else { throw .malformed }
        var list: [Value] = []
        for _ in 0..<count { list.append(try Value(from: &self)) }
        return list
    }

    package mutating func optional<Value: Packed>(_: Value.Type = Value.self) throws(HandoverFault) -> Value? {
        try bool() ? try Value(from: &self) : nil
    }
}

/// A value that processes hand each other.
package protocol Packed: Sendable {
    func pack(into packer: inout Packer)
    init(from unpacker: inout Unpacker) throws(HandoverFault)
}

extension Packed {
    package var packed: [UInt8] {
        var packer = Packer()
        pack(into: &packer)
        return packer.bytes
    }

    /// - Throws: `malformed` also when something is left behind the value.
    package init(packed bytes: [UInt8]) throws(HandoverFault) {
        var unpacker = Unpacker(bytes)
        try self.init(from: &unpacker)
        guard unpacker.isAtEnd else { throw .malformed }
    }
}

extension String: Packed {
    package func pack(into packer: inout Packer) { packer.add(self) }
    package init(from unpacker: inout Unpacker) throws(HandoverFault) { self = try unpacker.text() }
}

extension Int: Packed {
    package func pack(into packer: inout Packer) { packer.add(self) }
    package init(from unpacker: inout Unpacker) throws(HandoverFault) { self = try unpacker.int() }
}

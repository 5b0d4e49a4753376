import Model

// Little-endian numbers, texts and lists with their length in front. Whatever reads it has checked a digest before: what is
// wrong here was written by another version, and is a miss.

extension StoredResponse {
    static let version: UInt8 = 2

    var bytes: [UInt8] {
        var out = ByteSink()
        out.put(Self.version)
        out.put(UInt8(isMarkedStale ? 1 : 0))
        out.put(UInt16(truncatingIfNeeded: response.status))
        out.put(UInt64(bitPattern: response.requestedAt.milliseconds))
        out.put(UInt64(bitPattern: response.receivedAt.milliseconds))
        out.put(UInt64(bitPattern: storedAt.milliseconds))
        out.put(UInt64(bitPattern: provisionalSince?.milliseconds ?? .min))
        out.put(UInt64(bitPattern: response.defaultLifetime?.components.seconds ?? -1))
        out.put(Array(url.utf8))
        out.put(UInt32(response.fields.lines.count))
        for line in response.fields.lines {
            out.put(Array(line.name.utf8))
            out.put(line.value)
        }
        out.put(UInt32(variant.values.count))
        for (name, value) in variant.values.sorted(by: { $0.key < $1.key }) {
            out.put(Array(name.utf8))
            out.put(UInt8(value == nil ? 0 : 1))
            if let value { out.put(Array(value.utf8)) }
        }
        out.put(UInt32(tags.count))
        for tag in tags { out.put(Array(tag.utf8)) }
        return out.bytes
    }

    /// Nil for what `bytes` did not make.
    init?(bytes: UnsafeRawBufferPointer) {
        var source = ByteSource(bytes: bytes)
        guard source.number(UInt8.self) == Self.version, let mark = source.number(UInt8.self), let status = source.number(UInt16.self),
            let requested = source.number(UInt64.self), let received = source.number(UInt64.self), let stored = source.number(UInt64.self),
            let since = source.number(UInt64.self), let lasting = source.number(UInt64.self).map({ Int64(bitPattern: $0) }),
            let url = source.text(), let lineCount = source.number(UInt32.self)
        else { return nil }
        var lines: [FieldLines.Line] = []
        for _ in 0..<lineCount {
            guard let name = source.text(), let value = source.list() else { return nil }
            lines.append(.init(name, value))
        }
        guard let valueCount = source.number(UInt32.self) else { return nil }
        var values: [String: String?] = [:]
        for _ in 0..<valueCount {
            guard let name = source.text(), let isThere = source.number(UInt8.self) else { return nil }
            if isThere == 0 {
                values[name] = .some(nil)
            } else {
                guard let value = source.text() else { return nil }
                values[name] = .some(value)
            }
        }
        guard let tagCount = source.number(UInt32.self) else { return nil }
        var tags: [String] = []
        for _ in 0..<tagCount {
            guard let tag = source.text() else { return nil }
            tags.append(tag)
        }
        guard source.isAtEnd else { return nil }
        self.init(
            url: url,
            response: OriginResponse(
                status: Int(status), fields: FieldLines(lines), requestedAt: Timestamp(milliseconds: Int64(bitPattern: requested)),
                receivedAt: Timestamp(milliseconds: Int64(bitPattern: received)), defaultLifetime: lasting < 0 ? nil : .seconds(lasting)),
            variant: Variant(values: values), tags: tags, storedAt: Timestamp(milliseconds: Int64(bitPattern: stored)),
            isMarkedStale: mark == 1, provisionalSince: since == 1 << 63 ? nil : Timestamp(milliseconds: Int64(bitPattern: since)))
    }
}

struct ByteSink {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ list: [UInt8]) {
        put(UInt32(truncatingIfNeeded: list.count))
        bytes.append(contentsOf: list)
    }
}

struct ByteSource {
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard bytes.count - at >= size else { return nil }
        defer { at += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    mutating func list() -> [UInt8]? {
        guard let count = number(UInt32.self), bytes.count - at >= Int(count) else { return nil }
        defer { at += Int(count) }
        return Array(bytes[at..<at + Int(count)])
    }

    mutating func text() -> String? { list().map { String(decoding: $0, as: UTF8.self) } }
}

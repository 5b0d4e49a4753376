// JSON is read by asking for what is expected where the cursor stands: members of an object, elements of an array, a string.
// Everything else is passed over without a tree being built, so a source map with megabytes of sources costs one scan, and
// depth costs a counter. What is not JSON ends the reading with one fault; what was found before it stays.

/// A place in a JSON text.
package struct JSONCursor {
    /// A string's characters, without quotes.
    package struct Text {
        package var span: Range<Int>
        /// With escapes undone.
        package var value: String
    }

    let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int
    /// Set once; from then on nothing is found.
    package private(set) var fault: Reading.Fault?

    package init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = ByteOrderMark.end(bytes, in: range)
        end = range.upperBound
    }

    /// Calls `body` at the value of each member, if an object stands here; passes over any other value.
    package mutating func members(_ body: (Text, inout JSONCursor) -> Void) {
        guard peek() == UInt8(ascii: "{") else { return skip() }
        position += 1
        if take(UInt8(ascii: "}")) { return }
        while fault == nil {
            guard peek() == UInt8(ascii: "\""), let key = string() else { return fail("name of a member expected") }
            guard take(UInt8(ascii: ":")) else { return fail("colon expected") }
            value { body(key, &$0) }
            if take(UInt8(ascii: "}")) { return }
            guard take(UInt8(ascii: ",")) else { return fail("comma or closing brace expected") }
        }
    }

    /// Calls `body` at each element, if an array stands here; passes over any other value.
    package mutating func elements(_ body: (inout JSONCursor) -> Void) {
        guard peek() == UInt8(ascii: "[") else { return skip() }
        position += 1
        if take(UInt8(ascii: "]")) { return }
        while fault == nil {
            value(body)
            if take(UInt8(ascii: "]")) { return }
            guard take(UInt8(ascii: ",")) else { return fail("comma or closing bracket expected") }
        }
    }

    /// The string that stands here; nil, and passed over, if it is something else.
    package mutating func string() -> Text? {
        guard peek() == UInt8(ascii: "\"") else {
            skip()
            return nil
        }
        guard let span = passString() else { return nil }
        return Text(span: span, value: JavaScriptEscapes.text(bytes, span))
    }

    /// The whole number that stands here, of at most 18 digits; nil, and passed over, if it is something else.
    package mutating func integer() -> Int? {
        guard peek() != nil else { return nil }
        let start = position
        skip()
        guard fault == nil, position - start <= 18 else { return nil }
        return Int(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// The truth value that stands here; nil, and passed over, if it is something else.
    package mutating func flag() -> Bool? {
        guard peek() != nil else { return nil }
        let start = position
        skip()
        return fault == nil ? Bool(String(decoding: bytes[start..<position], as: UTF8.self)) : nil
    }

    /// Passes over the value that stands here.
    package mutating func skip() {
        var depth = 0
        repeat {
            guard fault == nil else { return }
            guard let byte = peek() else { return fail("text ends within a value") }
            switch byte {
            case UInt8(ascii: "\""): _ = passString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return fail("value expected") }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return fail("value expected") }
                position += 1
            default:
                let start = position
                while position < end, Self.isWord(bytes[position]) { position += 1 }
                if position == start { return fail("value expected") }
            }
        } while depth > 0
    }

    /// What is left after the value of the whole text must be white space.
    package mutating func finish() {
        if fault == nil, peek() != nil { fail("text goes on after its value") }
    }

    // MARK: Bytes

    /// Lets `body` read a value, and passes over one that it left alone.
    private mutating func value(_ body: (inout JSONCursor) -> Void) {
        _ = peek()
        let start = position
        body(&self)
        if fault == nil, position == start { skip() }
    }

    private mutating func peek() -> UInt8? {
        guard fault == nil else { return nil }
        while position < end, [UInt8].isSpace(bytes[position]) { position += 1 }
        return position < end ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func passString() -> Range<Int>? {
        let start = position + 1
        var at = start
        while at < end {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                position = at + 1
                return start..<at
            case UInt8(ascii: "\\"): at += 2
            case 0x0A, 0x0D:
                fail("string is not closed")
                return nil
            default: at += 1
            }
        }
        fail("string is not closed")
        return nil
    }

    private mutating func fail(_ message: String) {
        if fault == nil { fault = Reading.Fault(offset: min(position, end), message: message) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension Reading {
    /// Reads a JSON text with what `body` does at its first value.
    static func json(_ bytes: [UInt8], in range: Range<Int>, _ body: (inout JSONCursor, inout Reading) -> Void) -> Reading {
        guard !ByteOrderMark.startsUTF16(bytes, in: range) else {
            return Reading(faults: [.init(offset: 0, message: "text is in UTF-16; JSON is UTF-8")])
        }
        var cursor = JSONCursor(bytes, in: range)
        var reading = Reading()
        body(&cursor, &reading)
        cursor.finish()
        if let fault = cursor.fault { reading.faults.append(fault) }
        return reading
    }

    /// Adds a JSON string that is a URL.
    mutating func add(_ text: JSONCursor.Text?, _ role: Reference.Role) {
        guard let text, canNameFile(text.value) else { return }
        references.append(Reference(span: text.span, target: text.value, role: role, notation: [.json]))
    }
}

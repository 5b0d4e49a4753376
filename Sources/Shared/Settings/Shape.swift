/// What may stand at a key, as data: the JSON Schema and the reference are made from it.
indirect enum Shape {
    /// Text with a form of its own. `pattern` is a regular expression of ECMA-262 for the whole text.
    case text(label: String, pattern: String?, range: String? = nil)
    case integer(ClosedRange<Int>)
    case words([String])
    case list(Shape, atLeast: Int)
    /// Keys that the user names.
    case map(key: String, keyPattern: String, Shape, atLeast: Int)
    case section([KeyShape])
    case either([Shape])
}

/// A key as data.
struct KeyShape {
    var name: String
    var doc: String
    var shape: Shape
    /// As it would be written; nil for none.
    var standard: Written?
    var isRequired: Bool
    var isAvailable: Bool
}

/// A value as it would be written.
indirect enum Written {
    case scalar(String)
    case list([Written])
    case map([(key: String, value: Written)])
}

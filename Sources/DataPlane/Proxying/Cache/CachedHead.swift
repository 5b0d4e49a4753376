import Caching
import HTTPEngine
import Model
import Snapshots

/// The field lines of an answer from what is stored: those that are the same each time, and those that time changes.
struct CachedHead {
    let object: CachedObject
    private(set) var constant: [UInt8]

    /// Said anew with each answer.
    private static let ownFields: Set<String> = ["date", "age", "content-length"]

    /// - Parameter others: in lower case; stored fields that this answer does not have.
    init(_ object: CachedObject, _ order: PassageOrder, without others: Set<String> = []) {
        let replaced = order.replacedFields.map { String(decoding: $0, as: UTF8.self) }
        let stored = object.stored.response.fields.without(order)
        self.init(object, order, lines: stored.wire(without: Self.ownFields.union(others).union(replaced)))
    }

    /// - Parameter lines: instead of those that are stored.
    init(_ object: CachedObject, _ order: PassageOrder, lines: [UInt8]) {
        self.object = object
        constant = lines + order.responseLines
        add("Via: 1.1 tandem\r\n")
    }

    /// - Parameter lines: whole ones.
    mutating func add(_ lines: String) { constant.append(contentsOf: lines.utf8) }

    /// - Parameter change: what becomes of the lines; nil: nothing.
    mutating func change(_ change: (EncodableLines) -> [UInt8]?) {
        if let changed = constant.withUnsafeBufferPointer({ change(EncodableLines($0)) }) { constant = changed }
    }

    func fields(_ status: CacheStatus, now: Timestamp) -> HTTPEngine.FieldLines {
        var fields = HTTPEngine.FieldLines()
        fields.add(lines: constant)
        fields.add("Age", String(max(object.stored.response.age(at: now).components.seconds, 0)))
        fields.add("Cache-Status", status.text)
        return fields
    }
}

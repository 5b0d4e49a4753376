import Model

/// Says of each name of a release what it claims about its content.
///
/// proven > declared > strong > suspected > document. Proof is in the bytes and a declaration in the configuration; the rungs below
/// need the release as a whole, because a shape is confirmed only by its company (see `ShapeGroup`).
package enum NameClassifier {
    /// - Parameters:
    ///   - files: every name of the release with the digests of its content, in any order. A name may hold `?query`.
    ///   - declared: the site's patterns.
    ///   - listed: names that a build manifest binds to these contents: proven.
    /// - Returns: a class for each file, in the order given; a function of the set of files alone.
    package static func classify(
        files: [(name: String, digests: ContentDigests)], declared: DeclaredPatterns = .none, listed: Set<String> = []
    ) -> [NameClass] {
        let shapes = files.map { shape(of: $0.name) }
        var groups: [ShapeGroup.Key: ShapeGroup] = [:]
        for case let shape? in shapes { groups[ShapeGroup.Key(shape), default: ShapeGroup()].insert(shape) }
        // A word among tokens does not fit, and fewer may be left than a group needs: so all are asked before one is answered.
        for (file, shape) in zip(files, shapes) {
            guard let shape else { continue }
            groups[ShapeGroup.Key(shape)]?.count(shape, token: shape.text(in: file.name))
        }

        let matcher = declared.matcher()
        return zip(files, shapes).map { file, shape in
            if listed.contains(file.name) || isProven(file.name, file.digests) { return .proven }
            if matcher.matches(file.name) { return .declared }
            guard let shape else { return .document }
            if shape.isLongHexadecimal { return .strong }
            return groups[ShapeGroup.Key(shape)]?.confirms(shape) == true ? .strong : .suspected
        }
    }

    /// The fingerprint in a name that may be one.
    private static func shape(of name: String) -> Fingerprint? {
        var name = name
        return name.withUTF8 { bytes in
            let path = split(bytes).path
            guard let found = Fingerprint(in: path), !DocumentName.isAlways(path, fingerprint: found) else { return nil }
            return found
        }
    }

    private static func isProven(_ name: String, _ digests: ContentDigests) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            let (path, query) = split(bytes)
            if let query, let claim = QueryName.parse(query), claim.matches(digests) { return true }
            return Proof.find(in: path, digests) != nil
        }
    }

    private static func split(
        _ name: UnsafeBufferPointer<UInt8>
    ) -> (path: UnsafeBufferPointer<UInt8>, query: UnsafeBufferPointer<UInt8>?) {
        guard let mark = name.firstIndex(of: UInt8(ascii: "?")) else { return (name, nil) }
        return (UnsafeBufferPointer(rebasing: name[..<mark]), UnsafeBufferPointer(rebasing: name[(mark + 1)...]))
    }
}

/// How many names of a release are of each class.
package struct NameClassCounts: Hashable, Sendable {
    private var counts: [Int]

    package init(_ classes: some Sequence<NameClass>) {
        counts = Array(repeating: 0, count: NameClass.allCases.count)
        for nameClass in classes { counts[Int(nameClass.rawValue)] += 1 }
    }

    package subscript(nameClass: NameClass) -> Int { counts[Int(nameClass.rawValue)] }

    package var total: Int { counts.reduce(0, +) }
    package var fingerprinted: Int { NameClass.allCases.filter(\.isFingerprinted).reduce(0) { $0 + self[$1] } }
}

extension NameClassCounts: CustomStringConvertible {
    /// `215 proven, 28 strong, 6 documents`: classes without names are left out.
    package var description: String {
        NameClass.allCases.reversed().filter { self[$0] > 0 }.map { nameClass in
            let count = self[nameClass]
            return "\(count) \(nameClass.word)\(nameClass == .document && count != 1 ? "s" : "")"
        }.joined(separator: ", ")
    }
}

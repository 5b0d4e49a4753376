/// Finds what a source map says of its place (ECMA-426): the file that it is the map of.
///
/// `sources` name what the build was made from; few are served, and debuggers do without. They are left as they are.
package enum SourceMapReader {
    package static func read(_ bytes: [UInt8]) -> Reading {
        // A map may begin with `)]}'` and a newline, against inclusion as a script (ECMA-426 §9).
        var start = ByteOrderMark.end(bytes, in: 0..<bytes.count)
        if bytes.starts(with: ")]}'", at: start, before: bytes.count) {
            start = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
        }
        return Reading.json(bytes, in: start..<bytes.count) { cursor, reading in
            map(&cursor, &reading, isSection: false)
        }
    }

    private static func map(_ cursor: inout JSONCursor, _ reading: inout Reading, isSection: Bool) {
        cursor.members { name, value in
            switch name.value {
            case "file": reading.add(value.string(), .selfName)
            // Sections may not hold sections (ECMA-426 §10), so this goes no deeper.
            case "sections" where !isSection:
                value.elements { section in
                    section.members { name, value in
                        switch name.value {
                        case "url": reading.add(value.string(), .sourceMap)
                        case "map": map(&value, &reading, isSection: true)
                        default: break
                        }
                    }
                }
            default: break
            }
        }
    }
}

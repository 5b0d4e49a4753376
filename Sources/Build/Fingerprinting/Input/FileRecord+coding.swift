import Files
import Model
import Names
import References

extension FileRecord {
    func write(to out: inout RecordWriter) {
        out.text(name)
        Self.write(stamp, to: &out)
        Self.write(digests, to: &out)
        out.optional(proofs) { out, proofs in
            proofs.withSHA1 { out.data(Array($0)) }
            proofs.withMD5 { out.data(Array($0)) }
        }
        out.optional(language) { $0.text($1.rawValue) }
        out.optional(folder) { $0.text($1) }
        out.small(links.count)
        for link in links {
            out.text(link.target)
            out.text(link.role.rawValue)
            out.flag(link.isSpecifier)
            out.small(link.integrity.rawValue)
        }
        out.flag(isRenamed)
        out.text(final.name)
        Self.write(final.digests, to: &out)
        out.optional(final.query) { $0.text($1) }
        out.flag(final.isEdited)
        out.flag(final.isOfComponent)
        out.small(final.encodings.count)
        for (coding, size) in BuildManifest.sorted(final.encodings) {
            out.text(coding)
            out.number(size)
        }
        Self.write(outputStamp, to: &out)
    }

    init(from reader: inout RecordReader) throws(RecordReader.Damage) {
        name = try reader.text()
        stamp = try Self.stamp(&reader)
        digests = try Self.digests(&reader)
        let raw = try reader.optional { reader throws(RecordReader.Damage) in (try reader.data(), try reader.data()) }
        if let raw {
            guard raw.0.count == ContentDigests.sha1ByteCount, raw.1.count == ContentDigests.md5ByteCount else { throw .init() }
            let sha256 = digests.sha256
            proofs = raw.0.withUnsafeBytes { sha1 in raw.1.withUnsafeBytes { ContentDigests(sha256: sha256, sha1: sha1, md5: $0) } }
        }
        if let word = try reader.optional({ reader throws(RecordReader.Damage) in try reader.text() }) {
            guard let known = Language(rawValue: word) else { throw .init() }
            language = known
        }
        folder = try reader.optional { reader throws(RecordReader.Damage) in try reader.text() }
        links = []
        for _ in 0..<(try reader.count()) { links.append(try Self.link(&reader)) }
        isRenamed = try reader.flag()
        final = FinalFile(name: try reader.text(), digests: try Self.digests(&reader))
        final.query = try reader.optional { reader throws(RecordReader.Damage) in try reader.text() }
        final.isEdited = try reader.flag()
        final.isOfComponent = try reader.flag()
        for _ in 0..<(try reader.count()) {
            let coding = try reader.text()
            final.encodings[coding] = Int(truncatingIfNeeded: try reader.number())
        }
        outputStamp = try Self.stamp(&reader)
    }

    private static func link(_ reader: inout RecordReader) throws(RecordReader.Damage) -> Link {
        let target = try reader.text()
        guard let role = Reference.Role(rawValue: try reader.text()) else { throw .init() }
        let isSpecifier = try reader.flag()
        guard let integrity = Link.Integrity(rawValue: try reader.small()) else { throw .init() }
        return Link(target: target, role: role, isSpecifier: isSpecifier, integrity: integrity)
    }

    private static func write(_ stamp: FileStamp, to out: inout RecordWriter) {
        out.number(stamp.size)
        out.number(stamp.inode)
        out.number(stamp.modified)
        out.number(stamp.changed)
    }

    private static func stamp(_ reader: inout RecordReader) throws(RecordReader.Damage) -> FileStamp {
        FileStamp(size: try reader.number(), inode: try reader.number(), modified: try reader.signed(), changed: try reader.signed())
    }

    private static func write(_ digests: FileDigests, to out: inout RecordWriter) {
        out.number(digests.size)
        digests.sha256.withBytes { out.data(Array($0)) }
        out.optional(digests.md5) { $0.text($1) }
        out.optional(digests.sha384) { $0.data($1) }
        out.optional(digests.sha512) { $0.data($1) }
    }

    private static func digests(_ reader: inout RecordReader) throws(RecordReader.Damage) -> FileDigests {
        let size = Int(truncatingIfNeeded: try reader.number())
        let raw = try reader.data()
        guard raw.count == ContentDigest.byteCount else { throw .init() }
        let sha256 = raw.withUnsafeBytes { ContentDigest(bytes: $0) }
        let md5 = try reader.optional { reader throws(RecordReader.Damage) in try reader.text() }
        let sha384 = try reader.optional { reader throws(RecordReader.Damage) in try reader.data() }
        let sha512 = try reader.optional { reader throws(RecordReader.Damage) in try reader.data() }
        return FileDigests(size: size, sha256: sha256, md5: md5, sha384: sha384, sha512: sha512)
    }
}

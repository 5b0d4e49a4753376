extension Fingerprint {
    /// Folders that their tools fill with fingerprinted names only: SvelteKit, Nuxt, Astro, Next.
    private static let immutableFolders: [StaticString] = ["immutable/", "_nuxt/", "_astro/", "_next/static/chunks/"]

    static func isInImmutableFolder(_ path: UnsafeBufferPointer<UInt8>, before end: Int) -> Bool {
        for folder in immutableFolders where position(of: folder, in: path, before: end) != nil { return true }
        return false
    }

    /// Next puts the manifests of a build in a folder named by it: a revision (40 hexadecimal digits) or 21 random characters.
    static func buildFolder(in path: UnsafeBufferPointer<UInt8>, base: Int) -> Fingerprint? {
        guard let start = position(of: "_next/static/", in: path, before: base) else { return nil }
        var end = start
        while end < base, path[end] != UInt8(ascii: "/") { end += 1 }
        let range = start..<end
        guard end < base, (16...64).contains(range.count) else { return nil }
        let texture = TokenTexture(path, range)
        guard texture.others == 0 else { return nil }
        let found = Fingerprint(token: range, form: .buildFolder, separator: UInt8(ascii: "/"), texture: texture)
        let isRandom = range.count == 21 && texture.isMixed
        return found.isLongHexadecimal || isRandom ? found : nil
    }

    /// The offset after `folder` where it stands at the beginning of a segment and ends by `end`.
    private static func position(of folder: StaticString, in path: UnsafeBufferPointer<UInt8>, before end: Int) -> Int? {
        let count = folder.utf8CodeUnitCount
        guard end >= count else { return nil }
        for start in 0...(end - count) where start == 0 || path[start - 1] == UInt8(ascii: "/") {
            var at = 0
            while at < count, path[start + at] == folder.utf8Start[at] { at += 1 }
            if at == count { return start + count }
        }
        return nil
    }
}

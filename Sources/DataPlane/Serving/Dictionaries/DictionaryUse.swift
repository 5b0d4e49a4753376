import HTTPEngine
import Manifests
import Model
import Names
import Snapshots

/// Compression dictionaries (RFC 9842): what a visitor has of an earlier release is the dictionary for the next.
///
/// A fingerprinted script, style sheet or WebAssembly file is advertised for the names that its later versions will have. Whoever
/// has it then names it by its digest, and is sent the difference if one was prepared. A delta is looked up in the file of the
/// release that answers, and counts only while the release that served the dictionary under such a name is this site's and
/// answers names: nobody learns by asking what else lies in the store.
///
/// We give dictionaries no `id`, since their digest names them already, so that no `Dictionary-ID` comes back (§2.3); one that
/// comes all the same says nothing. `dcb` is left out: the installed brotli has no shared dictionaries.
enum DictionaryUse {
    /// Why a client that has a dictionary is sent no delta, in words that go on after "no delta: ".
    enum Refusal: String, Error {
        case malformed = "Available-Dictionary is not the SHA-256 of one dictionary"
        case notAccepted = "the client does not accept dcz"
        case proxied = "the request came through a proxy that announces itself (dictionaries: always would answer it)"
        case ranged = "ranges are of the content, never of a delta"
        case unknown = "none is prepared from that dictionary, or no release here offers it for this name"
        case larger = "it would not be smaller"
    }

    /// Whether the name is one whose answers may be deltas: then caches must know on what they depend.
    static func mayApply(_ request: ReleaseRequest, _ content: Resolution.Content, _ release: ServedRelease) -> Bool {
        request.site.policy.dictionaries != .off && content.isFingerprinted
            && DictionaryRole(release.manifest.nameBytes(at: content.entry)) != nil
    }

    /// The value of `Use-As-Dictionary`; nil where the content is not to be kept for later.
    static func advertisement(_ request: ReleaseRequest, _ content: Resolution.Content, _ release: ServedRelease) -> String? {
        guard mayApply(request, content, release), !isSilent(request), release.dictionaries?.advertises(content.entry) == true else {
            return nil
        }
        let bytes = release.manifest.nameBytes(at: content.entry)
        guard let role = DictionaryRole(bytes),
            let name = LogicalName(bytes, isFingerprinted: release.manifest.nameClass(at: content.entry).isFingerprinted)
        else { return nil }
        let destinations =
            role.destinations.isEmpty
            ? "" : ", match-dest=(" + role.destinations.map { "\"\($0)\"" }.joined(separator: " ") + ")"
        return "match=\"\(MatchPattern.text(name))\"\(destinations)"
    }

    /// What is sent instead of the best encoding; `.success(nil)`: the client names no dictionary.
    static func delta(
        _ request: ReleaseRequest, _ content: Resolution.Content, _ release: ServedRelease, instead best: Representation
    ) -> Result<Representation?, Refusal> {
        guard request.exchange.head.has(.availableDictionary), mayApply(request, content, release) else { return .success(nil) }
        if isSilent(request) { return .failure(.proxied) }
        if request.exchange.head.has(.range) { return .failure(.ranged) }
        if request.preference.dcz == 0 || request.preference.dcz < request.preference.weight(of: best.coding) {
            return .failure(.notAccepted)
        }
        guard !request.exchange.head.isRepeated(.availableDictionary),
            let dictionary = request.exchange[.availableDictionary].flatMap(AvailableDictionary.parse)
        else { return .failure(.malformed) }
        let site = request.site
        let found = release.dictionaries?.find(content.entry, dictionary: dictionary) { id in
            site.releases.contains { $0.id == id }
        }
        guard let found else { return .failure(.unknown) }
        if found.size >= UInt64(best.size) { return .failure(.larger) }
        return .success(Representation(coding: nil, blob: found.blob, size: Int(clamping: found.size), dictionary: dictionary))
    }

    /// A proxy that does not know the coding could keep a delta for everybody.
    private static func isSilent(_ request: ReleaseRequest) -> Bool {
        request.site.policy.dictionaries == .on && request.exchange.head.has(.via)
    }
}

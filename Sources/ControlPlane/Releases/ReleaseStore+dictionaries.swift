import Blobs
import Glibc
import Manifests
import Model
import State

extension ReleaseStore {
    /// Records a delta whose blob is in the store.
    /// - Returns: the one that counts: the first recorded; nil where its blob is gone again.
    func add(_ delta: DeltaRecord) throws -> DeltaRecord? {
        try database.recordDeltas([delta])
        guard let counts = try database.deltas(for: [delta.source]).first(where: { $0.dictionary == delta.dictionary }) else { return nil }
        if !counts.isWorthIt || directory.blobs.size(counts.blob) == counts.size { return counts }
        // Between the look and the row `gc` may have taken it; once the row stands it spares it.
        try database.exclusively { try $0.forget([counts]) }
        return nil
    }

    /// What the release offers, without deltas: until they are made, and where none are wanted. One that is there stays.
    package func offerDictionaries(_ id: ReleaseID) throws {
        let manifest = try manifest(id)
        if Dictionaries(path: directory.dictionariesPath(id), manifest: manifest) != nil { return }
        try writeDictionaries(manifest, advertised: DictionaryOffers(manifest).advertised(in: manifest), deltas: [])
    }

    /// Writes the mapped file beside the manifest, where it says something new.
    func writeDictionaries(_ manifest: Manifest, advertised: [Int], deltas: [EntryDelta]) throws {
        let image = DictionariesImage(manifest: manifest, advertised: advertised, deltas: deltas)
        let path = directory.dictionariesPath(manifest.id)
        if let there = try? FileReader.readAll(path), there == image.bytes { return }
        try directory.replace(path, with: image.bytes)
    }
}

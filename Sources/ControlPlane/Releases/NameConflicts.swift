import Manifests
import Model
import Names

/// Compares a release's names with those of the releases beside it: one fingerprinted name means one content (rule 1).
package enum NameConflicts {
    /// What has to change before the release can be made: names that must be documents after all.
    package struct Outcome: Hashable, Sendable {
        /// Indices of entries that are strong by shape only, while another release has the name as a document with other
        /// content: a name that differs between releases is no fingerprint.
        package var demoted: [Int] = []
    }

    /// - Parameter others: the site's releases that are not removed.
    /// - Throws: `conflict` naming the other release.
    package static func check(_ entries: [ManifestEntry], beside others: [Manifest]) throws(ReleaseFault) -> Outcome {
        var outcome = Outcome()
        for (index, entry) in entries.enumerated() {
            for other in others {
                guard let theirs = other.find(entry.name), other.content(at: theirs) != entry.digests.sha256 else { continue }
                // Either of them promises that the name means its bytes alone.
                if other.nameClass(at: theirs).isFingerprinted || entry.nameClass > .strong {
                    throw .conflict(name: entry.name, mine: entry.digests.sha256, other: other.id, theirs: other.content(at: theirs))
                }
                if entry.nameClass == .strong {
                    outcome.demoted.append(index)
                    break
                }
            }
        }
        return outcome
    }
}

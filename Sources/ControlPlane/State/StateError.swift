import GRDB
import Model

/// What can go wrong between Tandem and its recorded state.
package enum StateError: Error, Hashable, Sendable {
    /// The database was written by a newer Tandem that no longer lets this one use it.
    case newerSchema(found: Int, lowest: Int, supported: Int)
    /// The file is no state of Tandem's: another database, or damaged.
    case corrupt(path: String, reason: String)
    /// Another process held the write lock for longer than the busy time-out of 5 s.
    case busy
    /// No space, or a limit of the file system.
    case full
    case cannotOpen(path: String, reason: String)
    /// Any other failure of the database, in its own words.
    case failed(String)

    case labelTaken(String, by: ReleaseID)
    /// A label is 1–100 characters, none of them white space or control, and not hexadecimal throughout.
    case labelMalformed(String)
    case unknownSite(SiteName)
    /// `removed` names the release that the reference meant until retention removed it.
    case notFound(reference: String, site: SiteName, removed: ReleaseID?)
    case ambiguous(reference: String, candidates: [ReleaseID])
    /// Neither a label of the site nor a prefix of at least 12 hexadecimal digits.
    case referenceTooShort(String)
    case revoked(ReleaseID)
    case illegalTransition(ReleaseID, from: ReleaseState, to: ReleaseState)
    /// The publish was not open any more when its release was to be made.
    case publishNotOpen(String)

    /// Another holder has the duty.
    case leaseHeld(duty: String, by: String, until: Timestamp)
    /// The writer lost its lease: somebody holds a higher fencing number.
    case leaseLost(duty: String)
    /// A rule of the design refuses it; the text says which.
    case refused(String)

    /// Gives an error of the database its name; passes on what has one.
    init(_ error: any Error, path: String) {
        if let error = error as? StateError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(String(describing: error))
            return
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
        case .SQLITE_FULL: self = .full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path, reason: error.message ?? "damaged")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self = .cannotOpen(path: path, reason: error.message ?? error.resultCode.description)
        default: self = .failed(error.message ?? error.resultCode.description)
        }
    }
}

extension StateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newerSchema(let found, let lowest, let supported):
            "the state was written by a newer Tandem (schema \(found), usable from \(lowest)); this one knows schema \(supported)"
        case .corrupt(let path, let reason): "\(path) is not a usable state database: \(reason)"
        case .busy: "another process keeps the state database locked"
        case .full: "no space left for the state database"
        case .cannotOpen(let path, let reason): "cannot open the state database \(path): \(reason)"
        case .failed(let reason): "the state database failed: \(reason)"
        case .labelTaken(let label, let release): "label \(label) already names release \(release)"
        case .labelMalformed(let label):
            "'\(label)' is no label: 1–100 characters without white space, and not only hexadecimal digits"
        case .unknownSite(let site): "no site \(site)"
        case .notFound(let reference, let site, let removed):
            removed.map { "release \($0) of site \(site) has been removed" } ?? "site \(site) has no release \(reference)"
        case .ambiguous(let reference, let candidates):
            "\(reference) names several releases: \(candidates.map(\.hex).joined(separator: ", "))"
        case .referenceTooShort(let reference):
            "'\(reference)' is no label of the site, and a release id needs at least \(ReleaseID.shortCount) digits"
        case .revoked(let release): "release \(release) was revoked"
        case .illegalTransition(let release, let from, let to):
            "release \(release) is \(from.rawValue) and cannot become \(to.rawValue)"
        case .publishNotOpen(let publish): "publish \(publish) is not open any more"
        case .leaseHeld(let duty, let holder, let until): "\(duty) is held by \(holder) until \(until)"
        case .leaseLost(let duty): "the lease on \(duty) was lost to another holder"
        case .refused(let reason): reason
        }
    }
}

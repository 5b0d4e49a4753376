/// The language that supervisor and workers of this program speak.
///
/// A worker says its version first. A supervisor that was upgraded goes on with workers of the version before, so a version is
/// given up only when no release speaks it any more.
package enum Handshake {
    package static let version = 3
    /// Versions of workers that a supervisor of this program understands.
    package static let understood = 3...3
    /// The descriptor of its control socket in a new worker.
    package static let descriptor: Int32 = 3
}

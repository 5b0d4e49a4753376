import Admin
import AdminAPI
import Blobs
import Files
import Manifests
import Names
import Releases
import State

extension Problem {
    /// Runs something of the control plane and gives its error words and an exit code.
    static func stating<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw stated(error) }
    }

    static func stating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch { throw stated(error) }
    }

    private static func stated(_ error: any Error) -> any Error {
        switch error {
        case let error as StateError: Problem(error)
        case let fault as ReleaseFault: fault.isRefusal ? Problem.refused(fault.description) : Problem.failed(fault.description)
        case let fault as FolderFault: Problem.failed(fault.description)
        case let error as BlobError: Problem.failed(error.description)
        case let error as ManifestError: Problem.failed(error.description)
        case let error as DataDirectoryError: Problem.failed(error.description)
        case let fault as DeclaredPatternFault: Problem(.configuration, status: 400, "\(fault)")
        default: error
        }
    }
}

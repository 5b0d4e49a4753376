import AdminAPI
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceLifecycle

/// The admin API on its socket, or on an address: JSON over HTTP. Each route decodes an operation, lets the desk perform it, and answers with
/// its answer or with a problem (RFC 9457).
package struct AdminServer: Service {
    /// Where the API answers.
    package enum Place: Sendable {
        case socket(path: String)
        case address(host: String, port: UInt16)
    }

    private let place: Place
    private let gate: AdminGate
    private let desk: AdminDesk
    private let logger: Logger
    private let ready: @Sendable () -> Void

    /// Bytes of a request body: an encoding list of 100,000 entries is about 20 MB.
    private static let bodyLimit = 64 << 20

    /// - Parameters:
    ///   - place: a socket is made for its owner alone.
    ///   - gate: who may do what there.
    ///   - ready: called when connections are taken.
    package init(place: Place, gate: AdminGate, desk: AdminDesk, logger: Logger, ready: @escaping @Sendable () -> Void = {}) {
        self.place = place
        self.gate = gate
        self.desk = desk
        // Its own start and every connection are no news to an operator.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        self.logger = quiet
        self.ready = ready
    }

    package func run() async throws {
        let place = place
        let announce = ready
        let address: BindAddress =
            switch place {
            case .socket(let path): .unixDomainSocket(path: Self.temporary(path))
            case .address(let host, let port): .hostname(host, port: Int(port))
            }
        if case .socket(let path) = place { unlink(Self.temporary(path)) }
        let application = Application(
            router: router(),
            configuration: .init(address: address, serverName: nil),
            onServerRunning: { _ in
                if case .socket(let path) = place {
                    chmod(Self.temporary(path), 0o600)
                    // In one step: whoever connects meets this generation or the one before.
                    rename(Self.temporary(path), path)
                }
                announce()
            }, logger: logger)
        try await application.run()
    }

    private static func temporary(_ path: String) -> String { "\(path).\(getpid())" }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        perform(NodeStatus.self, "/v1/status", on: router)
        perform(ListReleases.self, "/v1/sites/:site/releases", on: router)
        perform(CommitRelease.self, "/v1/sites/:site/releases", needs: .publish, on: router)
        perform(FindRelease.self, "/v1/sites/:site/releases/:release", on: router)
        perform(ActivateRelease.self, "/v1/sites/:site/releases/:release/activate", needs: .activate, on: router)
        perform(ListEncodings.self, "/v1/sites/:site/releases/:release/encodings", on: router)
        perform(AddEncodings.self, "/v1/sites/:site/releases/:release/encodings", needs: .publish, on: router)
        for act in ActOnRelease.Act.allCases {
            perform(ActOnRelease.self, "/v1/sites/:site/releases/:release/\(act.rawValue)", needs: act.verb, on: router)
        }
        perform(RollBack.self, "/v1/sites/:site/rollback", needs: .rollback, on: router)
        perform(RolloutStatus.self, "/v1/sites/:site/rollout", on: router)
        for act in ActOnRollout.Act.allCases {
            perform(ActOnRollout.self, "/v1/sites/:site/rollout/\(act.rawValue)", needs: .rollout, on: router)
        }
        perform(ListEvents.self, "/v1/sites/:site/events", on: router)
        perform(BeginPublish.self, "/v1/sites/:site/publishes", needs: .publish, on: router)
        perform(TouchPublish.self, "/v1/sites/:site/publishes/:publish", needs: .publish, on: router)
        perform(CollectGarbage.self, "/v1/gc", needs: .gc, on: router)
        perform(StopNode.self, "/v1/stop", needs: .stop, on: router)
        perform(ReportCache.self, "/v1/cache", on: router)
        perform(InspectCache.self, "/v1/cache/inspect", on: router)
        perform(PurgeCache.self, "/v1/cache/purge", needs: .purge, on: router)
        perform(ExplainRequest.self, "/v1/explain", on: router)
        addMetrics(to: router)
        return router
    }

    private func addMetrics(to router: Router<BasicRequestContext>) {
        let (desk, gate) = (desk, gate)
        router.get("/metrics") { request, _ -> Response in
            try await Self.answering {
                try gate.admit(.read, authorization: request.headers[.authorization], host: request.head.authority)
                return Self.document(.ok, PrometheusText.contentType, Data(try await desk.metrics().utf8))
            }
        }
    }

    /// Reading needs no body: what the operation asks for stands in its path. Writing is the operation as a JSON document,
    /// which must be sent to its own path.
    private func perform<Operation: DeskOperation>(
        _: Operation.Type, _ template: String, needs verb: AdminVerb = .read, on router: Router<BasicRequestContext>
    ) {
        let desk = desk
        let gate = gate
        let method = HTTPRequest.Method(rawValue: Operation.method.rawValue) ?? .get
        router.on(RouterPath(template), method: method) { request, context -> Response in
            try await Self.answering {
                // Before anything of the request is read.
                try gate.admit(verb, authorization: request.headers[.authorization], host: request.head.authority)
                let operation: Operation
                if Operation.method == .get {
                    let fields = context.parameters.map { (String($0.key), $0.value.removingPercentEncoding ?? String($0.value)) }
                    let parameters = Dictionary(fields, uniquingKeysWith: { first, _ in first })
                    operation = try Self.decode(Operation.self, try JSONEncoder().encode(parameters))
                } else {
                    let body = try await request.body.collect(upTo: Self.bodyLimit)
                    operation = try Self.decode(Operation.self, Data(body.readableBytesView))
                    guard operation.path == request.uri.path.removingPercentEncoding else {
                        throw Problem.usage("the document belongs to \(operation.path), not to \(request.uri.path)")
                    }
                }
                return try Self.answer(.ok, "application/json", try await operation.perform(at: desk))
            }
        }
    }

    /// Turns what went wrong into a problem document.
    private static func answering(_ act: () async throws -> Response) async throws -> Response {
        do {
            return try await act()
        } catch let problem as Problem {
            return try answer(.init(code: problem.status), "application/problem+json", problem)
        } catch let error as any HTTPResponseError {
            throw error
        } catch {
            return try answer(.internalServerError, "application/problem+json", Problem.failed("\(error)"))
        }
    }

    private static func decode<Operation: DeskOperation>(_: Operation.Type, _ data: Data) throws -> Operation {
        do {
            return try JSONDecoder().decode(Operation.self, from: data)
        } catch let error as DecodingError {
            throw Problem.usage("the document is not what this path takes: \(error)")
        }
    }

    private static func answer(_ status: HTTPResponse.Status, _ type: String, _ value: some Encodable) throws -> Response {
        document(status, type, try JSONEncoder().encode(value))
    }

    private static func document(_ status: HTTPResponse.Status, _ type: String, _ data: Data) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }
}

/// An operation as the desk performs it. The server and the command line call the same method.
package protocol DeskOperation: AdminOperation {
    func perform(at desk: AdminDesk) async throws -> Answer
}

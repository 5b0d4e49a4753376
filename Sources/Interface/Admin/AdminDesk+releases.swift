import AdminAPI
import Blobs
import Manifests
import Model
import Releases
import State

extension BeginPublish: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.begin(self) }
}

extension TouchPublish: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Done { try await desk.touch(self) }
}

extension CommitRelease: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.commit(self) }
}

extension AddEncodings: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Done { try await desk.add(self) }
}

extension ListEncodings: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> [EncodingRecord] { try await desk.encodings(self) }
}

extension ListReleases: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> [ReleaseReport] { try await desk.list(self) }
}

extension FindRelease: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> ReleaseReport { try await desk.find(self) }
}

extension CollectGarbage: DeskOperation {
    package func perform(at desk: AdminDesk) async throws -> Answer { try await desk.collect(self) }
}

extension AdminDesk {
    func begin(_ operation: BeginPublish) async throws -> BeginPublish.Answer {
        let publish = "publish-" + Hexadecimal.string((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        try stated { try database.beginPublish(publish, site: operation.site, now: now) }
        // From here on requests for names that are on their way wait.
        await follow()
        return BeginPublish.Answer(publish: publish)
    }

    func touch(_ operation: TouchPublish) async throws -> Done {
        guard operation.isOver else {
            try stated { try database.heartbeatPublish(operation.publish, now: now) }
            return Done()
        }
        try stated { try database.endPublish(operation.publish) }
        await follow()
        return Done("given up")
    }

    func commit(_ operation: CommitRelease) async throws -> CommitRelease.Answer {
        try await expectWell(operation)
        let made = try stated {
            try store.commit(
                ReleaseStore.Claim(
                    site: operation.site, id: operation.release, label: operation.label, isAssetsOnly: operation.isAssetsOnly,
                    hasServiceWorker: operation.hasServiceWorker, encodings: operation.encodings, publish: operation.publish,
                    backends: operation.backends), now: now)
        }
        await follow()
        if case .present = made { return CommitRelease.Answer(release: operation.release, isNew: false) }
        return CommitRelease.Answer(release: operation.release, isNew: true)
    }

    func add(_ operation: AddEncodings) async throws -> Done {
        encodingsAdded[operation.release] = now
        try stated { try store.add(operation.encodings, to: operation.release) }
        await follow()
        return Done()
    }

    func encodings(_ operation: ListEncodings) throws -> [EncodingRecord] {
        try stated {
            let manifest = try store.manifest(operation.release)
            return try database.encodings(for: Array(Set((0..<manifest.count).map { manifest.content(at: $0) })))
        }
    }

    func list(_ operation: ListReleases) throws -> [ReleaseReport] {
        try stated { try database.releases(operation.site).map { try describe($0) } }
    }

    func find(_ operation: FindRelease) throws -> ReleaseReport {
        try describe(try find(operation.site, operation.release))
    }

    func collect(_ operation: CollectGarbage) async throws -> CollectGarbage.Answer {
        let outcome: Collector.Outcome
        do {
            outcome = try await collection.run(now: now, isDryRun: operation.isDryRun)
        } catch {
            outcome = try stated { throw error }
        }
        return CollectGarbage.Answer(
            blobs: outcome.blobs, bytes: outcome.bytes, releases: outcome.manifests, isDryRun: operation.isDryRun)
    }

    /// Runs an act and gives its error the words and exit code it has for whoever asked.
    private func stated<Value>(_ act: () throws -> Value) throws -> Value {
        do {
            return try act()
        } catch let error as StateError {
            throw Problem(error)
        } catch let fault as ReleaseFault {
            throw Problem(fault.isRefusal ? .refused : .failed, status: fault.isRefusal ? 409 : 422, fault.description)
        } catch let error as ManifestError {
            throw Problem.failed(error.description)
        } catch let error as BlobError {
            throw Problem.failed(error.description)
        }
    }
}

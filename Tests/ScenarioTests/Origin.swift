import Blobs
import Files
import Glibc
import HTTPEngine
import Model
import Snapshots

@testable import Serving

/// What goes wrong on purpose, to prove that the checks see it.
enum Sabotage: String, CaseIterable, Sendable {
    /// An old name is answered with what the current release has under the path.
    case currentBytesForOldNames
    case privateForgotten
    case varyForgotten
    /// Releases that are kept stop answering.
    case keptLeftOut
    /// A missing asset is answered with a page and remembered.
    case pageForAsset
    case missRemembered
    /// A visitor's bucket is drawn anew each time.
    case bucketsForgotten
    /// The release pinned is passed over.
    case pinsIgnored
    /// A protected or live release is removed.
    case removedEarly
    /// The store loses a blob that a release needs.
    case blobCollected
    /// What was decided last is undone by a kill.
    case lostOnKill
}

/// Answers requests by the real resolution and the real answers, without sockets.
struct Origin {
    let snapshot: Snapshot
    var sabotage: Sabotage?

    struct Answer {
        var reply: Reply
        /// The release that only could answer, as the loops would count it.
        var needed: ReleaseID?
    }

    func answer(_ ask: Ask, client: UInt64, newBucket: () -> Int) throws -> Answer {
        var target = ask.target
        if sabotage == .currentBytesForOldNames, let mark = target.firstIndex(of: "?") { target = String(target[..<mark]) }
        var lines = ["GET \(target) HTTP/1.1", "Host: shop.example.com"]
        for (name, value) in ask.fields.sorted(by: { $0.key < $1.key }) {
            if sabotage == .pinsIgnored, name == "x-deployment-id" { continue }
            if sabotage == .bucketsForgotten, name == "cookie" { continue }
            lines.append("\(name): \(value)")
        }
        let peer = PeerAddress(high: 0, low: 0xffff_0a00_0000 | client, port: 1)
        let detached = try DetachedRequest(head: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), peer: peer)
        let exchange = detached.exchange
        let site = snapshot.sites[0]
        let request = ReleaseRequest(
            exchange: exchange, target: try TargetPath(exchange.bytes(exchange.head.target)), site: site, siteIndex: 0,
            fallback: nil, preference: .identityOnly)
        var answer = self.answer(request, Resolution.resolve(request, randomBucket: newBucket), site)
        spoil(&answer.reply, ask)
        return answer
    }

    private func answer(_ request: ReleaseRequest, _ outcome: Resolution.Outcome, _ site: SiteSnapshot) -> Answer {
        switch outcome {
        case .content(let content): return self.content(request, content, site)
        case .slash, .listing, .noRelease: return Answer(reply: Self.plain(503))
        case .gone: return Answer(reply: Self.plain(410))
        case .missing(let miss):
            if let page = miss.page { return self.content(request, page, site) }
            var reply = Self.plain(site.isDamaged && miss.isSuspected ? 503 : 404)
            reply.mayArrive = miss.mayArrive
            return Answer(reply: reply)
        }
    }

    private func content(_ request: ReleaseRequest, _ content: Resolution.Content, _ site: SiteSnapshot) -> Answer {
        let release = site.releases[content.release]
        guard let made = ContentAnswer(request: request, content: content, release: release).make(blobs: snapshot.blobs) else {
            return Answer(reply: Self.plain(503))
        }
        return Answer(reply: Reply(made.response), needed: content.isNeed(in: site) ? release.id : nil)
    }

    /// What the server says where no release has anything to say.
    private static func plain(_ status: UInt16) -> Reply {
        Reply(status: status, fields: ["cache-control": "no-store"], body: Array("\(status)\n".utf8))
    }

    private func spoil(_ reply: inout Reply, _ ask: Ask) {
        switch sabotage {
        case .privateForgotten where reply.has("private"): reply.fields["cache-control"] = "public, max-age=60"
        case .varyForgotten: reply.fields["vary"] = nil
        case .missRemembered where reply.status == 404: reply.fields["cache-control"] = "public, max-age=3600"
        case .pageForAsset where reply.status == 404:
            reply = Reply(status: 200, fields: ["cache-control": "public, max-age=31536000"], body: Array("<html>".utf8))
        default: break
        }
    }
}

extension Reply {
    init(_ response: Response) {
        status = response.status
        fields = [:]
        for line in String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = String(line[line.index(colon, offsetBy: 2)...])
        }
        body = Self.bytes(response.body)
    }

    private static func bytes(_ body: Body) -> [UInt8] {
        switch body {
        case .empty: []
        case .bytes(let bytes): bytes
        case .parts(let parts): parts.flatMap(bytes)
        case .file(let file, let range):
            [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
                count = max(pread(file.descriptor, buffer.baseAddress, range.count, range.lowerBound), 0)
            }
        }
    }
}

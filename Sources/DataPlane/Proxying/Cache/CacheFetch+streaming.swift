import Caching
import HTTPEngine
import Model
import Names
import Snapshots

// To the client piece by piece, and into the cache where it may.
extension CacheFetch {
    /// - Parameter isWhole: whether no body follows: then it is stored before the client has it, as with the last piece of a body.
    ///   - mayEncode: whether it may be encoded for its client.
    func beginStreaming(declared: UInt64?, isWhole: Bool = false, mayEncode: Bool = true) {
        mode = .streaming
        guard let answer else { return }
        var fields = answer.fields
        if claim != nil {
            hasher = ContentHasher()
            fields = GuardVerdict.mismatch.fields(fields)
        }
        if isStorable { openWriting(answer) }
        if isLead, writing != nil { door.node.answers(ask.key, now: door.now) }
        land(writing == nil ? .forNobody : nil)
        // What is held against its name on the way may yet turn out to be none to keep.
        status.isStored = writing != nil && claim == nil
        if isWhole { _ = endStreaming() }
        guard hasClient else { return }
        let date = "Date: \(HTTPEngine.HTTPDate.text(secondsSince1970: answer.date.milliseconds / 1000))\r\n"
        let (lines, isEncoded) = beginEncoding(
            Array(date.utf8) + headLines(fields), declared: declared, mayEncode: mayEncode && !isWhole)
        let framing: StreamedHead.Framing =
            answer.status == 204 || answer.status == 304
            ? .none(declared: nil) : isEncoded ? .unknown : declared.map { .length($0) } ?? .unknown
        lines.withUnsafeBufferPointer { lines in
            order.exchange.begin(
                StreamedHead(
                    status: UInt16(answer.status), reason: UnsafeBufferPointer(start: nil, count: 0), lines: lines, framing: framing,
                    isEventStream: isEventStream), isLast: isWhole)
        }
    }

    func openWriting(_ answer: OriginResponse, since: Timestamp? = nil) {
        let whole = JoinedPart.whole(answer) ?? answer
        let kept = make(whole.status, whole.fields.stored(whole.directives))
        let tags = CacheTags.of(answer.fields) + CacheTags.groups(answer.fields, of: ask.origin) + ask.policy.tags
        writing = try? door.node.cache.write(
            kept.status == 206 ? ask.key.ofParts : ask.key, kept, request: ask.fields, tags: tags + [CacheTags.site(ask.policy.site)],
            provisionalSince: since, now: askedAt)
    }

    /// - Returns: those of the answer but for its date, which each way of answering adds by itself.
    func headLines(_ fields: Caching.FieldLines) -> [UInt8] {
        let replaced = order.replacedFields.map { String(decoding: $0, as: UTF8.self) } + ["content-length", "age", "date"]
        var out = fields.without(order).wire(without: replaced)
        if let age = answer?.age(at: door.now), age >= .seconds(1) { out += Array("Age: \(age.components.seconds)\r\n".utf8) }
        return out + order.responseLines + Array("Via: 1.1 tandem\r\nCache-Status: \(status.about(answer?.status ?? 0).text)\r\n".utf8)
    }

    func store(_ body: UnsafeRawBufferPointer) {
        do { try writing?.append(body) } catch { writing = nil }
    }

    /// What was longer than it said goes on from here piece by piece.
    func streamWhatIsSpooled(isLast: Bool) {
        let piece = spool
        spool = []
        // Megabytes in one go would hold up other clients.
        endEncoding()
        beginStreaming(declared: nil, mayEncode: false)
        piece.withUnsafeBytes { took($0, isLast: isLast) }
    }

    /// - Returns: whether the last of it may go to the client.
    func endStreaming() -> Bool {
        let digests = hasher?.finalize()
        let isRefused = digests.map(isRefused) ?? false
        if hasClient {
            release()
            door.report(reported(), status: UInt16(answer?.status ?? 0), bytes: encoding?.count ?? sent, status, asked)
        }
        guard let writing else {
            land(.forNobody)
            return !isRefused
        }
        self.writing = nil
        if case .part = aim, answer?.status == 206 {
            endPart(writing)
        } else if let digests, let claim, !claim.matches(digests) {
            writing.abandon()
            land(.forNobody)
        } else {
            do {
                keepEncoded(beside: try door.node.cache.finish(writing))
                land(.stored)
            } catch { land(.forNobody) }
        }
        return !isRefused
    }
}

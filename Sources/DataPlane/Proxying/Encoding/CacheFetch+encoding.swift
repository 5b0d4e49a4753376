import Caching
import Compression
import HTTPEngine
import Model
import Snapshots

// A fetch that is encoded for the client that waits for it. What the client gets is kept beside what is stored: the next who asks in the
// same way costs nothing.
extension CacheFetch {
    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// - Parameters:
    ///   - lines: as its client would get them.
    ///   - mayEncode: whether an encoder is worth its while.
    /// - Returns: what its client gets; `isEncoded`: pieces go through `encoded`.
    func beginEncoding(_ lines: [UInt8], declared: UInt64?, mayEncode: Bool) -> (lines: [UInt8], isEncoded: Bool) {
        guard hasClient, let policy = order.policy.compression, let status = answer.map({ UInt16($0.status) }) else {
            return (lines, false)
        }
        let stock = door.bodies.stock
        return lines.withUnsafeBufferPointer { bytes in
            let known = EncodableLines(bytes)
            var choice = stock.choose(policy, order, status: status, known, length: declared)
            if case .encoded(let coding) = choice {
                encoding = mayEncode ? stock.take(coding, policy, isLasting: isEventStream) : nil
                if encoding == nil { choice = .identity } else { collected = [] }
            }
            return (choice.lines(known, status: status, asked: []) ?? lines, encoding != nil)
        }
    }

    /// - Returns: what the client gets for a piece: itself where nothing is encoded.
    func encoded(_ piece: UnsafeRawBufferPointer, isLast: Bool = false) -> UnsafeRawBufferPointer {
        guard encoding != nil else { return piece }
        do throws(CodecError) {
            guard let made = try encoding?.take(piece, isLast: isLast) else { return Self.nothing }
            collect(made)
            return made
        } catch {
            return breakOff()
        }
    }

    /// The end of what the client gets.
    func encodedEnd() -> UnsafeRawBufferPointer { encoded(Self.nothing, isLast: true) }

    func pauses() {
        guard encoding != nil, mode == .streaming, hasClient else { return }
        do throws(CodecError) {
            guard let made = try encoding?.pause(), !made.isEmpty else { return }
            collect(made)
            order.exchange.send(made)
        } catch {
            _ = breakOff()
        }
    }

    /// Something that can be stored is worth keeping encoded too.
    private func collect(_ made: UnsafeRawBufferPointer) {
        guard let count = collected?.count else { return }
        guard isStorable, count + made.count <= EncodedBodies.longest, door.bodies.mayCollect(made.count) else { return forget() }
        collected?.append(contentsOf: made)
    }

    private func forget() {
        door.bodies.forgets(collected?.count ?? 0)
        collected = nil
    }

    /// What is stored goes on; the client sees that its answer is not whole.
    private func breakOff() -> UnsafeRawBufferPointer {
        endEncoding()
        if mode == .streaming, hasClient {
            hasClient = false
            release()
            order.exchange.abort()
        }
        return Self.nothing
    }

    /// Keeps what was made of all of it.
    func keepEncoded(beside object: CachedObject) {
        guard let encoding, let collected, encoding.plainCount == object.bodyCount else { return }
        door.bodies.keep(collected, in: encoding.coding, beside: object)
    }

    /// The encoder is lent no longer.
    func endEncoding() {
        guard let encoding else { return }
        door.bodies.stock.put(encoding.encoder)
        self.encoding = nil
        forget()
    }

    /// The order, told what was done for it: for logs.
    func reported() -> PassageOrder {
        if let encoding { order.encoded = EncodedCount(encoding.coding, plain: encoding.plainCount) }
        return order
    }

    /// Answers with a body that nobody keeps, encoded where it has been while it came.
    func respond(_ answer: OriginResponse, _ body: [UInt8]) {
        let lines = headLines(answer.fields)
        var fields = HTTPEngine.FieldLines()
        var sent = body
        var isEncoded = false
        if let policy = order.policy.compression {
            let changed = lines.withUnsafeBufferPointer { bytes -> [UInt8]? in
                let known = EncodableLines(bytes)
                var choice = door.bodies.stock.choose(
                    policy, order, status: UInt16(answer.status), known, length: UInt64(body.count))
                if case .encoded(let coding) = choice {
                    if let encoding, let collected, encoding.coding == coding, encoding.plainCount == body.count {
                        (sent, isEncoded) = (collected, true)
                    } else {
                        choice = .identity
                    }
                }
                return choice.lines(known, status: UInt16(answer.status), asked: [])
            }
            fields.add(lines: changed ?? lines)
        } else {
            fields.add(lines: lines)
        }
        let response = Response(
            status: UInt16(answer.status), fields: fields, body: .bytes(sent), date: answer.date.milliseconds / 1000)
        door.report(isEncoded ? reported() : order, status: response.status, bytes: sent.count, status, asked)
        endEncoding()
        if sent.count > Self.freeSpool { return relay(response, sent) }
        order.exchange.respond(response)
    }
}

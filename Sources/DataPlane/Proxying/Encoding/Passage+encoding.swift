import Compression
import HTTPEngine
import Snapshots

// The way of an answer on a route that compresses. A whole answer that has come with its head is encoded at once and has a length;
// of others nobody knows what it will be.
extension Passage {
    /// Whether it is to be told of pauses.
    var isEncoding: Bool { encoding != nil || order?.taker != nil }

    /// - Parameters:
    ///   - head: as its client would get it.
    ///   - isLast: whether `body` is all of it.
    func begin(_ head: StreamedHead, _ body: UnsafeRawBufferPointer, isLast: Bool, _ policy: CompressionPolicy) {
        guard let order else { return }
        let exchange = order.exchange
        let stock = proxy.encoders
        let lines = EncodableLines(head.lines)
        var choice = stock.choose(policy, order, status: head.status, lines, length: head.framing.declared)
        var (head, piece) = (head, body)
        if case .encoded(let coding) = choice {
            if exchange.head.method == .head {
                head.framing = .none(declared: nil)
            } else if beginEncoding(stock.take(coding, policy, isLasting: head.isEventStream), &piece, isLast: isLast) {
                head.framing = isLast ? .length(UInt64(piece.count)) : .unknown
            } else {
                choice = .identity
            }
        }
        let changed = choice.lines(lines, status: head.status, asked: exchange.joined(.ifNoneMatch))
        count(piece.count)
        // Before the last bytes are given to the exchange, which may begin its next request in the same call.
        if isLast { end() }
        guard let changed else { return exchange.begin(head, piece, isLast: isLast) }
        changed.withUnsafeBufferPointer { lines in
            head.lines = lines
            exchange.begin(head, piece, isLast: isLast)
        }
    }

    /// - Parameter piece: what has come; then what it has become.
    /// - Returns: false: it goes as it came.
    private func beginEncoding(_ encoder: AnswerEncoder?, _ piece: inout UnsafeRawBufferPointer, isLast: Bool) -> Bool {
        guard var encoder else { return false }
        do throws(CodecError) {
            piece = try encoder.take(piece, isLast: isLast)
            encoding = encoder
            return true
        } catch {
            proxy.encoders.put(encoder.encoder)
            return false
        }
    }

    /// The next piece, or the last one.
    func sendEncoded(_ plain: UnsafeRawBufferPointer, isLast: Bool) {
        guard let exchange = order?.exchange else { return }
        let made: UnsafeRawBufferPointer?
        do throws(CodecError) { made = try encoding?.take(plain, isLast: isLast) } catch { return breakOff(exchange) }
        guard let made else { return }
        count(made.count)
        if isLast {
            end()
            return exchange.send(made, isLast: true)
        }
        pass(made, to: exchange)
    }

    /// The end, with what stands behind the body.
    func endEncoded(trailers: [UInt8]) {
        guard let exchange = order?.exchange else { return }
        let made: UnsafeRawBufferPointer?
        do throws(CodecError) { made = try encoding?.take(.init(start: nil, count: 0), isLast: true) } catch { return breakOff(exchange) }
        if let made {
            count(made.count)
            if !made.isEmpty { exchange.send(made) }
        }
        guard phase == .streaming else { return }
        end()
        exchange.finish(trailers: EncodableLines.trailers(trailers))
    }

    /// The server says no more for now: what it has said is for its client to read.
    func pauses() {
        guard encoding != nil else {
            order?.taker?.pauses()
            return
        }
        guard let exchange = order?.exchange, phase == .streaming else { return }
        let made: UnsafeRawBufferPointer?
        do throws(CodecError) { made = try encoding?.pause() } catch { return breakOff(exchange) }
        guard let made, !made.isEmpty else { return }
        count(made.count)
        pass(made, to: exchange)
    }

    private func pass(_ made: UnsafeRawBufferPointer, to exchange: Exchange) {
        if !made.isEmpty { exchange.send(made) }
        if exchange.isCongested, phase == .streaming { connection?.setReading(false) }
    }

    /// Its client sees that it is not whole.
    private func breakOff(_ exchange: Exchange) {
        dropConnection()
        end()
        exchange.abort()
    }

    /// The encoder is lent no longer; what it did is told.
    func endEncoding() {
        guard let encoding else { return }
        order?.encoded = EncodedCount(encoding.coding, plain: encoding.plainCount)
        proxy.encoders.put(encoding.encoder)
        self.encoding = nil
    }
}

extension StreamedHead.Framing {
    /// Bytes that the answer says it has.
    var declared: UInt64? {
        switch self {
        case .none(let declared): declared
        case .length(let length): length
        case .unknown: nil
        }
    }
}

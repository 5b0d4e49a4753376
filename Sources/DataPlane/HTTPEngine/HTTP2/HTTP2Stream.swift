import Files

/// One stream that is not over: its request's body is still coming, its answer is not decided or not out. State belongs to
/// one event loop. Most requests never have one: they come in one frame and are answered before the next is looked at.
final class HTTP2Stream {
    let id: UInt32
    let exchange: Exchange
    /// Whether the peer has sent its END_STREAM.
    var hasEnded: Bool
    /// Bytes of DATA that we may send; negative after the peer made its initial window smaller (RFC 9113 §6.9.2).
    var sendWindow: Int
    /// Bytes of DATA that the peer may send.
    var receiveWindow: Int
    /// Bytes that came and that the reader holds back.
    var credit = 0
    /// Bytes that the reader has taken: the peer is told when they are worth a frame.
    var freed = 0
    var isClosed = false
    /// Whether the body is not waited for once the answer is out.
    var isGivenUp = false
    /// Bytes of the body that are still announced; nil: the length is not known.
    var announced: UInt64?
    var priority: HTTP2Priority
    /// Among streams of one urgency the lowest goes first.
    var turn: UInt64
    var answer: HTTP2Answer?
    /// Bytes moved in either direction since `watchedSince`.
    var moved = 0
    var watchedSince: Int64

    init(
        id: UInt32, exchange: Exchange, hasEnded: Bool, sendWindow: Int, receiveWindow: Int, priority: HTTP2Priority, turn: UInt64,
        now: Int64
    ) {
        self.id = id
        self.exchange = exchange
        self.hasEnded = hasEnded
        self.sendWindow = sendWindow
        self.receiveWindow = receiveWindow
        self.priority = priority
        self.turn = turn
        watchedSince = now
    }
}

/// What is left to send of an answer.
struct HTTP2Answer {
    enum Head {
        case prepared(HTTP2PreparedHead)
        case block([UInt8])
        case sent
    }

    enum Piece {
        case prepared(PreparedResponse)
        case bytes([UInt8])
        case file(OpenFile)
    }

    private struct Part {
        var piece: Piece
        var at: Int
        var count: Int
    }

    var head: Head
    private var part: Part?
    /// In reverse order; empty for all but `multipart/byteranges`.
    private var later: [Part] = []
    private(set) var remaining = 0
    /// Where the rest comes from, of an answer that comes piece by piece.
    let tail: StreamTail?

    /// Whether nothing can be sent before more has come.
    var mustWait: Bool {
        guard let tail, case .sent = head else { return false }
        return remaining == 0 && !tail.hasEnded
    }

    /// Whether all of the body has been sent, or is with the frame that is.
    var isOver: Bool { remaining == 0 && tail?.hasEnded != false }

    /// Whether the end is said by the last frame of the body.
    var endsWithBody: Bool { isOver && tail?.trailers.isEmpty != false }

    /// - Parameter block: the head.
    init(streaming block: [UInt8], tail: StreamTail) {
        head = .block(block)
        self.tail = tail
        remaining = tail.count
    }

    /// More has come.
    mutating func refresh() { remaining = tail?.count ?? remaining }

    init(_ prepared: PreparedResponse, hasBody: Bool) {
        head = .prepared(prepared.http2)
        tail = nil
        guard hasBody else { return }
        if let large = prepared.large {
            part = Part(piece: .file(large.file), at: large.range.lowerBound, count: large.range.count)
        } else {
            part = Part(piece: .prepared(prepared), at: prepared.headCount, count: prepared.blockCount - prepared.headCount)
        }
        remaining = part?.count ?? 0
    }

    init(_ response: Response, block: [UInt8], hasBody: Bool) {
        head = .block(block)
        tail = nil
        if hasBody { add(response.body) }
        later.reverse()
        part = later.popLast()
    }

    private mutating func add(_ body: Body) {
        switch body {
        case .empty: break
        case .bytes(let bytes): add(Part(piece: .bytes(bytes), at: 0, count: bytes.count))
        case .file(let file, let range): add(Part(piece: .file(file), at: range.lowerBound, count: range.count))
        case .parts(let parts):
            for part in parts { add(part) }
        }
    }

    private mutating func add(_ part: Part) {
        if part.count == 0 { return }
        later.append(part)
        remaining += part.count
    }

    /// Takes the next bytes of the body, never across two pieces.
    /// - Parameter limit: at least 1.
    /// - Returns: how many; 0 when a file has become shorter than it was, or there is nothing left.
    mutating func take(_ limit: Int, into output: UnsafeMutablePointer<UInt8>) -> Int {
        if let tail {
            let count = min(limit, tail.count)
            tail.take(count, into: output)
            remaining = tail.count
            return count
        }
        guard var current = part else { return 0 }
        let count = min(limit, current.count)
        switch current.piece {
        case .prepared(let prepared): output.update(from: prepared.block + current.at, count: count)
        case .bytes(let bytes):
            bytes.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { output.update(from: base + current.at, count: count) }
            }
        case .file(let file):
            guard file.read(at: current.at, count: count, into: output) else { return 0 }
        }
        current.at += count
        current.count -= count
        remaining -= count
        part = current.count == 0 ? later.popLast() : current
        return count
    }
}

import Glibc
import Synchronization

/// An event loop on a thread of its own.
package final class EngineThread: Sendable {
    package let mailbox: LoopMailbox
    private let thread: Mutex<pthread_t?>

    /// What the new thread takes over: everything is made there, so that nothing of a loop is ever seen by two threads.
    private final class Start: Sendable {
        let limits: EngineLimits
        let mailbox: LoopMailbox
        let seed: UInt64
        let entrances: [Entrance]
        let makeHandler: @Sendable (LoopContext) -> any RequestHandler
        let failure: @Sendable (EngineError) -> Void
        let ended: @Sendable (Int) -> Void

        init(
            limits: EngineLimits, mailbox: LoopMailbox, seed: UInt64, entrances: [Entrance],
            makeHandler: @escaping @Sendable (LoopContext) -> any RequestHandler, failure: @escaping @Sendable (EngineError) -> Void,
            ended: @escaping @Sendable (Int) -> Void
        ) {
            self.limits = limits
            self.mailbox = mailbox
            self.seed = seed
            self.entrances = entrances
            self.makeHandler = makeHandler
            self.failure = failure
            self.ended = ended
        }

        func run() {
            // `sendfile` has no MSG_NOSIGNAL: a client that leaves in the middle of a file must not end the process.
            var pipe = sigset_t()
            sigemptyset(&pipe)
            sigaddset(&pipe, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipe, nil)
            do throws(EngineError) {
                let loop = try EpollLoop(limits: limits, mailbox: mailbox)
                loop.context.isSecure = entrances.contains { $0.tls != nil }
                loop.context.mailbox = mailbox
                loop.context.seed = seed
                for entrance in entrances { try loop.listen(at: entrance) }
                loop.setHandler(makeHandler(loop.context))
                loop.context.stopLoop = { [unowned loop] in loop.stop(grace: $0) }
                loop.context.countConnections = { [unowned loop] in loop.census() }
                loop.context.openConnection = { [unowned loop] in loop.connect(to: $0, owner: $1, encryption: $2, preamble: $3) }
                loop.run()
                loop.context.handler.turn(loop.context)
                ended(loop.cutCount)
            } catch {
                failure(error)
                ended(0)
            }
        }
    }

    /// Starts a loop that accepts at `entrances`.
    /// - Parameters:
    ///   - seed: one for each loop: what is spread over time, is spread differently by each.
    ///   - makeHandler: called on the new thread.
    ///   - failure: called on the new thread when the loop could not begin.
    ///   - ended: called on that thread at its end, with how many connections were cut off by the end of a stop's grace.
    package init(
        entrances: [Entrance], limits: EngineLimits = EngineLimits(), seed: UInt64 = 0,
        makeHandler: @escaping @Sendable (LoopContext) -> any RequestHandler, failure: @escaping @Sendable (EngineError) -> Void,
        ended: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(EngineError) {
        precondition(Set(entrances.map { $0.tls == nil }).count <= 1, "a loop carries plain connections or TLS")
        mailbox = try LoopMailbox()
        let start = Start(
            limits: limits, mailbox: mailbox, seed: seed, entrances: entrances, makeHandler: makeHandler, failure: failure,
            ended: ended)
        var identity = pthread_t()
        let code = pthread_create(
            &identity, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Start>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        if code != 0 { throw .system("pthread_create", code) }
        thread = Mutex(identity)
    }

    /// Stops accepting and ends the thread when the last connection has gone, or after `grace`.
    /// - Parameters:
    ///   - lasting: WebSockets and event streams have been told to end by then, if not before.
    ///   - closed: called on the thread once it accepts no more.
    package func stop(grace: Duration, lasting: Duration = .seconds(300), closed: @escaping @Sendable () -> Void = {}) {
        mailbox.post { loop in
            loop.conclude(by: Conclusion(within: min(grace, lasting), now: loop.clock.monotonic))
            loop.stopLoop?(grace)
            closed()
        }
    }

    /// Another generation accepts: ends the thread when the last connection has gone, each kind within its limit.
    /// - Parameter closed: as for `stop`.
    package func drain(_ limits: DrainLimits, closed: @escaping @Sendable () -> Void = {}) {
        mailbox.post { loop in
            let drain = Drain(limits: limits, began: loop.clock.monotonic)
            loop.drain = drain
            loop.conclude(by: Conclusion(limit: limits.webSocket, now: drain.began))
            loop.stopLoop?(drain.longest)
            closed()
        }
    }

    /// Waits for the thread's end.
    package func join() {
        let identity = thread.withLock { held in
            defer { held = nil }
            return held
        }
        if let identity { pthread_join(identity, nil) }
    }
}

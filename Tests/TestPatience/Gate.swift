import Synchronization

/// Where a thread of a test waits until another has let it go on: what comes before and what after is then no matter of time.
package final class Gate: Sendable {
    private let opened = Mutex(0)

    package init() {}

    /// Lets those go on who wait for its next opening.
    package func open() { opened.withLock { $0 += 1 } }

    package var isOpen: Bool { opened.withLock { $0 > 0 } }

    /// Waits until it was opened so often.
    /// - Returns: false when it never was, within the patience of tests.
    @discardableResult
    package func wait(for number: Int = 1) -> Bool { eventually { opened.withLock { $0 >= number } } }
}

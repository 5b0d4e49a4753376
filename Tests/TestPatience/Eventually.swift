import Glibc

/// How long a test waits for what is to come. So long that no machine is too busy for it: only what never comes takes all of it.
package let patience = Duration.seconds(60)

/// Asks again and again, until it is so or the patience of tests is at its end.
/// - Returns: whether it came about.
package func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let giveUp = ContinuousClock.now + patience
    while ContinuousClock.now < giveUp {
        if try condition() { return true }
        usleep(1_000)
    }
    return try condition()
}

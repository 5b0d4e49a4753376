import ArgumentParser

/// A command that has the process's first thread for itself, before any other is made.
protocol BlockingCommand: ParsableCommand {
    /// - Returns: the exit code.
    func runBlocking() throws -> Int32
}

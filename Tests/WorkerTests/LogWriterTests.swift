import Foundation
import Synchronization
import Testing

@testable import Worker

@Suite struct LogWriterTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/tandem-log-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func text(_ path: String) -> String { String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self) }

    @Test func afterARotationLinesGoToTheNewFile() throws {
        try withFolder { folder in
            let writer = try LogWriter.started(path: "\(folder)/access.log")
            #expect(writer.isFile)
            #expect(writer.accept(Array("before\n".utf8)))
            try FileManager.default.moveItem(atPath: "\(folder)/access.log", toPath: "\(folder)/access.log.1")
            let told = DispatchSemaphore(value: 0)
            writer.reopen { fault in
                #expect(fault == nil)
                told.signal()
            }
            told.wait()
            #expect(writer.accept(Array("after\n".utf8)))
            writer.finish()
            #expect(text("\(folder)/access.log.1") == "before\n")
            #expect(text("\(folder)/access.log") == "after\n")
        }
    }

    @Test func whenTheNewFileCannotBeOpenedTheOldOneGoesOn() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/logs", withIntermediateDirectories: true)
            let writer = try LogWriter.started(path: "\(folder)/logs/access.log")
            try FileManager.default.moveItem(atPath: "\(folder)/logs", toPath: "\(folder)/moved")
            let told = DispatchSemaphore(value: 0)
            writer.reopen { fault in
                #expect(fault?.contains("cannot write the access log") == true)
                told.signal()
            }
            told.wait()
            #expect(writer.accept(Array("still\n".utf8)))
            writer.finish()
            #expect(text("\(folder)/moved/access.log") == "still\n")
        }
    }

    @Test func whatWasAcceptedIsWrittenBeforeTheEnd() throws {
        try withFolder { folder in
            let writer = try LogWriter.started(path: "\(folder)/access.log")
            for index in 0..<500 { #expect(writer.accept(Array("\(index)\n".utf8))) }
            writer.finish()
            #expect(text("\(folder)/access.log").split(separator: "\n").count == 500)
            #expect(!writer.accept(Array("late\n".utf8)))
        }
    }

    @Test func aFileThatCannotBeWrittenIsSaid() {
        #expect(throws: AccessLogFault.self) { _ = try LogWriter.started(path: "/tmp") }
    }
}

import Foundation
import Glibc
import Testing

@testable import Fingerprinting

@Suite struct OutputFolderTests {
    private let place = Place()
    private var out: String { "\(place.path)/out" }

    private func beside() -> Set<String> { Set(OutputFolder.names(in: place.path)) }

    @Test(arguments: [true, false]) func theNewOutputTakesThePlaceOfTheOld(canExchange: Bool) throws {
        place.write("out/deep/old.js", [1])
        let folder = try OutputFolder(target: out, process: 7)
        try folder.write([2], to: "new.js", permissions: 0o644)
        #expect(place.names("out") == ["deep/old.js"])
        try folder.commit(canExchange: canExchange)
        #expect(place.names("out") == ["new.js"])
        #expect(beside() == ["out"])
    }

    @Test(arguments: [true, false]) func theFirstOutputNeedsNoOld(canExchange: Bool) throws {
        let folder = try OutputFolder(target: out, process: 7)
        try folder.write([2], to: "new.js", permissions: 0o644)
        try folder.commit(canExchange: canExchange)
        #expect(place.names("out") == ["new.js"])
        #expect(beside() == ["out"])
    }

    @Test func theExchangeIsOneStep() throws {
        // Whoever opened the old folder goes on seeing it whole, and the path never leads nowhere: the folder at it is another one.
        place.write("out/old.js", [1])
        var before = stat()
        var after = stat()
        #expect(stat(out, &before) == 0)
        let folder = try OutputFolder(target: out, process: 7)
        var made = stat()
        #expect(stat(folder.path, &made) == 0)
        try folder.commit()
        #expect(stat(out, &after) == 0)
        #expect(after.st_ino == made.st_ino && after.st_ino != before.st_ino)
    }

    @Test func whatADeadDigestLeftIsRemoved() throws {
        place.write("out.tandem-99/js/half.js", [1])
        place.write("out.tandem-12-1/half.js", [1])
        place.write("out.tandem-backup/mine.js", [1])
        place.write("out.tandem-/mine.js", [1])
        place.write("other.tandem-99/theirs.js", [1])
        let folder = try OutputFolder(target: out, process: 7)
        #expect(beside() == ["out.tandem-7", "out.tandem-backup", "out.tandem-", "other.tandem-99"])
        folder.discard()
    }

    @Test func whatALivingDigestFillsIsLeftAlone() throws {
        let living = try OutputFolder(target: out, process: 7)
        try living.write([1], to: "a.js", permissions: 0o644)
        let other = try OutputFolder(target: out, process: 7)
        #expect(beside() == ["out.tandem-7", "out.tandem-7-1"])
        try other.write([2], to: "b.js", permissions: 0o644)
        try other.commit()
        try living.commit()
        #expect(place.names("out") == ["a.js"])
        #expect(beside() == ["out"])
    }

    @Test func anOutputLostBetweenTwoRenamesComesBack() throws {
        place.write("out.tandem-99.old/old.js", [1])
        place.write("out.tandem-99/new.js", [2])
        let folder = try OutputFolder(target: out, process: 7)
        folder.discard()
        #expect(place.names("out") == ["old.js"])
        #expect(beside() == ["out"])
    }

    @Test func linksAreRemovedAndNotFollowed() throws {
        place.write("precious/file", [1])
        place.write("out/old.js", [1])
        try FileManager.default.createSymbolicLink(atPath: "\(out)/link", withDestinationPath: "\(place.path)/precious")
        let folder = try OutputFolder(target: out, process: 7)
        try folder.commit()
        #expect(place.names("precious") == ["file"])
    }
}

import Files
import Foundation
import Glibc
import Testing

@testable import Releases

@Suite struct FolderTests {
    let place = Place()

    func names(_ files: [String: String]) throws -> [String] { try Folder(place.site(files)).files.map(\.name) }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: FolderFault.missing("\(place.path)/nowhere")) { try Folder("\(place.path)/nowhere") }
    }

    @Test func aFileIsNoFolder() {
        let path = place.write("file", "x")
        #expect(throws: FolderFault.notAFolder(path)) { try Folder(path) }
    }

    @Test func anEmptyFolderIsRefused() {
        let path = place.site([:])
        #expect(throws: FolderFault.empty(path)) { try Folder(path) }
    }

    @Test func aFolderOfHiddenFilesIsEmpty() {
        let path = place.site([".env": "SECRET", ".git/config": "x"])
        #expect(throws: FolderFault.empty(path)) { try Folder(path) }
    }

    @Test func hiddenFilesAreLeftOutButWellKnownIsNot() throws {
        let files = ["index.html": "", ".env": "", ".git/config": "", "a/.hidden": "", ".well-known/security.txt": "", "a/b.js": ""]
        #expect(try names(files) == [".well-known/security.txt", "a/b.js", "index.html"])
    }

    @Test func namesAreSortedByTheirBytes() throws {
        #expect(try names(["b": "", "B": "", "a/z": "", "a-": "", "é": "", "z": ""]) == ["B", "a-", "a/z", "b", "z", "é"])
    }

    @Test func linksThatStayInsideAreFollowed() throws {
        let path = place.site(["real/a.js": "aa", "b.js": "b"])
        place.link("site/linked.js", to: "b.js")
        place.link("site/folder", to: "real")
        place.link("site/absolute.js", to: "\(path)/b.js")
        #expect(try Folder(path).files.map(\.name) == ["absolute.js", "b.js", "folder/a.js", "linked.js", "real/a.js"])
        #expect(try Folder(path).bytes == 1 + 1 + 2 + 1 + 2)
    }

    @Test func aFolderMayItselfBeReachedByALink() throws {
        let path = place.site(["a.js": "a"])
        place.link("current", to: path)
        place.link("site/b.js", to: "\(place.path)/current/a.js")
        #expect(try Folder("\(place.path)/current").files.map(\.name) == ["a.js", "b.js"])
    }

    @Test func aLinkThatLeavesIsRefused() {
        let path = place.site(["index.html": ""])
        let secret = place.write("secret", "s")
        place.link("site/out", to: "../secret")
        let real = URL(filePath: secret).resolvingSymlinksInPath().path
        #expect(throws: FolderFault.leavesFolder("\(path)/out", real)) { try Folder(path) }
    }

    /// `/site-other` begins with `/site` and lies outside.
    @Test func aNeighbourWithTheSameBeginningIsOutside() {
        let path = place.site(["index.html": ""])
        place.write("site-other/a", "s")
        place.link("site/out", to: "../site-other/a")
        #expect { try Folder(path) } throws: { if case FolderFault.leavesFolder = $0 { true } else { false } }
    }

    @Test(arguments: [".", "..", "../.."])
    func aLinkToAFolderAboveIsALoop(target: String) {
        let path = place.site(["a/b/index.html": ""])
        place.link("site/a/b/up", to: target)
        #expect { try Folder(path) } throws: { if case FolderFault.loop = $0 { true } else { false } }
    }

    @Test func aLinkToItselfIsBroken() {
        let path = place.site(["index.html": ""])
        place.link("site/self", to: "self")
        #expect(throws: FolderFault.brokenLink("\(path)/self")) { try Folder(path) }
    }

    @Test func aLinkToNothingIsBroken() {
        let path = place.site(["index.html": ""])
        place.link("site/gone", to: "nothing")
        #expect(throws: FolderFault.brokenLink("\(path)/gone")) { try Folder(path) }
    }

    @Test func aPipeIsRefusedAndNotWaitedFor() {
        let path = place.site(["index.html": ""])
        #expect(mkfifo("\(path)/pipe", 0o600) == 0)
        #expect(throws: FolderFault.notAFile("\(path)/pipe")) { try Folder(path) }
    }

    @Test func aNameThatIsNotUTF8IsRefused() {
        let path = place.site(["index.html": ""])
        let bytes = Array(path.utf8CString.dropLast()) + [0x2f, 0x61, CChar(bitPattern: 0xff), 0]
        let descriptor = bytes.withUnsafeBufferPointer { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
        #expect(descriptor >= 0)
        close(descriptor)
        #expect(throws: FolderFault.notUTF8(path)) { try Folder(path) }
    }

    @Test(.disabled(if: geteuid() == 0, "the superuser may read everything"))
    func anUnreadableFileIsRefused() {
        let path = place.site(["index.html": "", "secret.js": ""])
        chmod("\(path)/secret.js", 0)
        #expect { try Folder(path) } throws: { if case FolderFault.unreadable = $0 { true } else { false } }
    }

    @Test(arguments: [
        FolderFault.missing("/x"), .notAFolder("/x"), .empty("/x"), .unreadable("/x", "why"), .notUTF8("/x"), .brokenLink("/x"),
        .leavesFolder("/x", "/y"), .loop("/x"), .notAFile("/x"), .changed("/x"),
    ])
    func everyFaultNamesItsPath(fault: FolderFault) {
        #expect(fault.description.contains("/x"))
    }
}

import Model
import Testing

@testable import Certificates

/// What was copied is served with; what was written since is seen as a change.
@Suite struct CopiedFilesTests {
    @Test func theCopyIsReadAndNotWhatStandsThereNow() throws {
        let place = Place()
        let (one, two) = (try makePair(["one.test"], at: place), try makePair(["two.test"], at: Place()))
        place.write("c.pem", two.chain)
        place.write("k.pem", two.key)
        let files = place.files
        let copied = CopiedFiles([files.certificate: one.chain, files.key: one.key])
        #expect(try files.read(copied).names == one.names)
        #expect(try files.read().names == two.names)
        // Two looks later it is read.
        var watch = CertificateWatch(read: files.version(copied, now: now))
        let looks = (0..<3).map { _ in watch.look(files.version(now: now)) }
        #expect(looks == [false, true, false])
    }

    @Test func aCopyThatStillHoldsIsNoChange() throws {
        let place = Place()
        let pair = try makePair(["one.test"], at: place)
        place.write("c.pem", pair.chain)
        place.write("k.pem", pair.key)
        let files = place.files
        for copied in [CopiedFiles([files.certificate: pair.chain, files.key: pair.key]), CopiedFiles()] {
            var watch = CertificateWatch(read: files.version(copied, now: now))
            let looks = (0..<3).map { _ in watch.look(files.version(now: now)) }
            #expect(!looks.contains(true))
        }
    }
}

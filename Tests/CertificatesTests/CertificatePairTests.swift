import Glibc
import Model
import Testing

@testable import Certificates

/// A folder of its own that goes with the test.
final class Place {
    let folder: String

    init() {
        var template = Array("/tmp/tandem-certificates-XXXXXX".utf8CString)
        folder = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        for name in ["authority.pem", "authority.key", "c.pem", "k.pem"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    func write(_ name: String, _ bytes: [UInt8]) {
        let descriptor = open("\(folder)/\(name)", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    var files: CertificateFiles { CertificateFiles(certificate: "\(folder)/c.pem", key: "\(folder)/k.pem") }
}

let now = Timestamp(milliseconds: 1_800_000_000_000)

/// What a local authority signs for these names.
func makePair(_ names: [String], at place: Place, now: Timestamp = now) throws -> CertificatePair {
    try InternalAuthority(folder: place.folder, names: names, now: now).load(now: now)
}

@Suite struct CertificatePairTests {
    @Test func aPairThatBelongsTogetherIsReadWithItsNames() throws {
        let place = Place()
        let made = try makePair(["Shop.Example", "*.shop.example"], at: place)
        place.write("c.pem", made.chain)
        place.write("k.pem", made.key)
        let pair = try place.files.load(now: now)
        #expect(pair == made)
        #expect(pair.names == ["localhost", "shop.example", "*.shop.example"])
        #expect(pair.notAfter.milliseconds - now.milliseconds == 7 * 86_400_000)
    }

    @Test func aKeyMayStandBesideItsCertificate() throws {
        let place = Place()
        let made = try makePair(["a.example"], at: place)
        place.write("c.pem", made.chain + made.key)
        let path = "\(place.folder)/c.pem"
        #expect(try CertificateFiles(certificate: path, key: path).load(now: now).names.contains("a.example"))
    }

    @Test func whatCannotBeServedWithIsSaidSo() throws {
        let place = Place()
        let (first, second) = (try makePair(["a"], at: place), try makePair(["b"], at: place))
        let (certificate, key) = ("\(place.folder)/c.pem", "\(place.folder)/k.pem")
        let broken = Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)
        let brokenKey = Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8)
        let encrypted = Array("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".utf8)
        let rows: [([UInt8], [UInt8], CertificateFault)] = [
            (first.chain, second.key, .mismatch(certificate: certificate, key: key)),
            ([], first.key, .noCertificate(path: certificate)),
            (first.key, first.key, .noCertificate(path: certificate)),
            (first.chain, first.chain, .noKey(path: key)),
            (broken, first.key, .malformedCertificate(path: certificate)),
            (first.chain + broken, first.key, .malformedCertificate(path: certificate)),
            (first.chain, brokenKey, .malformedKey(path: key)),
            (first.chain, encrypted, .encryptedKey(path: key)),
        ]
        for (chain, secret, fault) in rows {
            place.write("c.pem", chain)
            place.write("k.pem", secret)
            #expect(throws: fault) { try place.files.load(now: now) }
            #expect(!fault.description.contains("BEGIN CERTIFICATE-----\n"))
        }
        unlink(key)
        #expect(throws: CertificateFault.unreadable(path: key, code: ENOENT)) { try place.files.load(now: now) }
    }

    @Test func timeDecidesAtItsBounds() throws {
        let place = Place()
        let pair = try makePair(["a"], at: place)
        for moment in [pair.notBefore, now, pair.notAfter] { try pair.check(now: moment, path: "c") }
        let after = Timestamp(milliseconds: pair.notAfter.milliseconds + 1)
        #expect(throws: CertificateFault.expired(path: "c", at: pair.notAfter)) { try pair.check(now: after, path: "c") }
        let before = Timestamp(milliseconds: pair.notBefore.milliseconds - 1)
        #expect(throws: CertificateFault.notYetValid(path: "c", from: pair.notBefore)) { try pair.check(now: before, path: "c") }
    }

    /// Any bytes are a pair or a fault.
    @Test(arguments: 0..<8) func noBytesBreakTheReader(seed: UInt64) throws {
        let place = Place()
        let pair = try makePair(["a"], at: place)
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func random(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(below))
        }
        for _ in 0..<200 {
            var chain = pair.chain
            for _ in 0...random(4) { chain[random(chain.count)] = UInt8(random(256)) }
            _ = try? CertificatePair(chain: chain, key: pair.key, certificatePath: "c", keyPath: "k")
            var key = pair.key
            for _ in 0...random(4) { key[random(key.count)] = UInt8(random(256)) }
            _ = try? CertificatePair(chain: pair.chain, key: key, certificatePath: "c", keyPath: "k")
        }
    }
}

@Suite struct CertificateWatchTests {
    private func version(_ mark: Int64) -> CertificateVersion { CertificateVersion(marks: [mark]) }

    @Test func aChangeIsReadOnceWhenItHasStoodForTwoLooks() {
        var watch = CertificateWatch(read: version(1))
        let rows: [(Int64, Bool)] = [
            (1, false), (2, false), (3, false), (3, true), (3, false), (3, false), (4, false), (3, false), (3, false), (5, false),
            (5, true),
        ]
        for (mark, isRead) in rows { #expect(watch.look(version(mark)) == isRead, "\(mark)") }
    }

    @Test func aFileThatIsReplacedHasAnotherVersion() throws {
        let place = Place()
        place.write("c.pem", [1])
        place.write("k.pem", [1])
        let before = place.files.version(now: now)
        #expect(place.files.version(now: now) == before)
        place.write("k.pem", [1, 2])
        let changed = place.files.version(now: now)
        #expect(changed != before)
        unlink("\(place.folder)/c.pem")
        #expect(place.files.version(now: now) != changed)
    }
}

@Suite struct InternalAuthorityTests {
    @Test func theAuthorityIsMadeOnceAndItsKeyIsForItsOwner() throws {
        let place = Place()
        let first = try InternalAuthority(folder: place.folder, names: ["a"], now: now)
        let kept = try CertificateFiles.read(first.path)
        let later = Timestamp(milliseconds: now.milliseconds + 86_400_000)
        _ = try InternalAuthority(folder: place.folder, names: ["b"], now: later)
        #expect(try CertificateFiles.read(first.path) == kept)
        var status = stat()
        #expect(stat("\(place.folder)/authority.key", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aCertificateIsRenewedBeforeItEnds() throws {
        let place = Place()
        let authority = try InternalAuthority(folder: place.folder, names: ["a"], now: now)
        let versions = (0...7).map { authority.version(now: Timestamp(milliseconds: now.milliseconds + Int64($0) * 86_400_000)) }
        #expect(versions[0] == versions[4])
        #expect(versions[4] != versions[5])
        let later = Timestamp(milliseconds: now.milliseconds + 5 * 86_400_000)
        #expect(try authority.load(now: later).notAfter.milliseconds == later.milliseconds + 7 * 86_400_000)
    }
}

import Crypto
import Foundation
import Glibc
import Model
import SwiftASN1
import X509

/// An authority for development, which signs certificates for the configured names: `tls: internal`.
///
/// Its own certificate and key are made once and kept in a folder, so that who has told a browser to trust it need not do so
/// again. What it signs lives for a week, in memory alone, and is made anew after five days.
package struct InternalAuthority: CertificateSource {
    private static let lifetime = Duration.seconds(7 * 86_400)
    private static let renewal = Duration.seconds(5 * 86_400)
    private static let authorityLifetime = Duration.seconds(3650 * 86_400)

    private let names: [String]
    private let authority: Certificate
    private let authorityKey: Certificate.PrivateKey
    private let began: Timestamp
    /// The authority's certificate: what a browser is told to trust.
    package let path: String

    package var label: String { "the internal authority" }

    /// - Parameters:
    ///   - folder: where `authority.pem` and `authority.key` are, or are made; the key for its owner alone.
    ///   - names: DNS names, `*.` in front of wildcards. `localhost` and the loopback addresses come with them.
    package init(folder: String, names: [String], now: Timestamp) throws(CertificateFault) {
        path = folder + "/authority.pem"
        self.names = names
        began = now
        let keyPath = folder + "/authority.key"
        if access(path, F_OK) != 0 || access(keyPath, F_OK) != 0 { try Self.make(folder, path, keyPath, now) }
        let pair = try CertificatePair(
            chain: try CertificateFiles.read(path), key: try CertificateFiles.read(keyPath), certificatePath: path, keyPath: keyPath)
        try pair.check(now: now, path: path)
        do {
            authority = try Certificate(pemEncoded: String(decoding: pair.chain, as: UTF8.self))
            authorityKey = try Certificate.PrivateKey(pemEncoded: String(decoding: pair.key, as: UTF8.self))
        } catch {
            throw .malformedCertificate(path: path)
        }
    }

    package func version(now: Timestamp) -> CertificateVersion {
        CertificateVersion(marks: [(now.milliseconds - began.milliseconds) / Self.renewal.wholeMilliseconds])
    }

    package func load(now: Timestamp) throws(CertificateFault) -> CertificatePair {
        do {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let alternatives =
                (["localhost"] + names).map { GeneralName.dnsName($0) } + [
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(ASN1OctetString(contentBytes: ArraySlice([UInt8](repeating: 0, count: 15) + [1]))),
                ]
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                notValidBefore: Self.date(now, plus: .seconds(-3600)), notValidAfter: Self.date(now, plus: Self.lifetime),
                issuer: authority.subject, subject: DistinguishedName { CommonName("Tandem development") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(alternatives)
                }, issuerPrivateKey: authorityKey)
            return try CertificatePair(
                chain: Array(try certificate.serializeAsPEM().pemString.utf8), key: Array(try key.serializeAsPEM().pemString.utf8),
                certificatePath: label, keyPath: label)
        } catch let fault as CertificateFault {
            throw fault
        } catch {
            throw .refused(certificate: label, reason: "\(error)")
        }
    }

    // MARK: Making the authority

    private static func make(_ folder: String, _ path: String, _ keyPath: String, _ now: Timestamp) throws(CertificateFault) {
        let certificate: [UInt8]
        let key: [UInt8]
        do {
            let fresh = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let name = try DistinguishedName { CommonName("Tandem development authority") }
            let made = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: fresh.publicKey,
                notValidBefore: date(now, plus: .seconds(-3600)), notValidAfter: date(now, plus: authorityLifetime), issuer: name,
                subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                }, issuerPrivateKey: fresh)
            certificate = Array(try made.serializeAsPEM().pemString.utf8)
            key = Array(try fresh.serializeAsPEM().pemString.utf8)
        } catch {
            throw .refused(certificate: path, reason: "\(error)")
        }
        mkdir(folder, 0o700)
        // The certificate comes last: with it the two are whole.
        try write(key, keyPath, mode: 0o600)
        try write(certificate, path, mode: 0o644)
    }

    private static func write(_ bytes: [UInt8], _ path: String, mode: mode_t) throws(CertificateFault) {
        let partial = path + ".new"
        let descriptor = open(partial, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWritten, rename(partial, path) == 0 else { throw .unreadable(path: path, code: isWritten ? errno : code) }
    }

    private static func date(_ now: Timestamp, plus: Duration) -> Date {
        Date(timeIntervalSince1970: Double(now.milliseconds + plus.wholeMilliseconds) / 1000)
    }
}

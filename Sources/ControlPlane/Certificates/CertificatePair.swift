import Foundation
import Model
import SwiftASN1
import X509

/// A certificate chain with the key of its first certificate, looked at: they belong together, and for which names is known.
package struct CertificatePair: Hashable, Sendable {
    /// PEM, the server's own certificate first.
    package let chain: [UInt8]
    /// PEM.
    package let key: [UInt8]
    /// The DNS names of the first certificate, in lower case; `*.` in front of wildcards.
    package let names: [String]
    package let notBefore: Timestamp
    package let notAfter: Timestamp

    /// - Parameters:
    ///   - certificatePath: what faults call the certificate.
    ///   - keyPath: what faults call the key.
    /// - Throws: whatever keeps them from being served with, but for the time (`check(now:)`).
    package init(chain: [UInt8], key: [UInt8], certificatePath: String, keyPath: String) throws(CertificateFault) {
        self.chain = chain
        self.key = key
        let certificate = try Self.first(chain, certificatePath)
        let privateKey = try Self.privateKey(key, keyPath)
        guard certificate.publicKey == privateKey.publicKey else {
            throw .mismatch(certificate: certificatePath, key: keyPath)
        }
        names = Self.names(certificate)
        notBefore = Timestamp(milliseconds: Int64(certificate.notValidBefore.timeIntervalSince1970 * 1000))
        notAfter = Timestamp(milliseconds: Int64(certificate.notValidAfter.timeIntervalSince1970 * 1000))
    }

    /// - Throws: `.expired` or `.notYetValid`.
    package func check(now: Timestamp, path: String) throws(CertificateFault) {
        if now > notAfter { throw .expired(path: path, at: notAfter) }
        if now < notBefore { throw .notYetValid(path: path, from: notBefore) }
    }

    /// - Throws: when there is none, or one cannot be parsed.
    static func checkCertificates(_ pem: [UInt8], _ path: String) throws(CertificateFault) { _ = try first(pem, path) }

    private static func documents(_ pem: [UInt8]) throws -> [PEMDocument] {
        try PEMDocument.parseMultiple(pemString: String(decoding: pem, as: UTF8.self))
    }

    private static func first(_ pem: [UInt8], _ path: String) throws(CertificateFault) -> Certificate {
        do {
            let found = try documents(pem).filter { $0.discriminator == "CERTIFICATE" }
            guard let first = found.first else { throw CertificateFault.noCertificate(path: path) }
            // Those behind it are sent as they are: a broken one would fail at the clients.
            for other in found.dropFirst() { _ = try Certificate(pemDocument: other) }
            return try Certificate(pemDocument: first)
        } catch let fault as CertificateFault {
            throw fault
        } catch {
            throw .malformedCertificate(path: path)
        }
    }

    private static func privateKey(_ pem: [UInt8], _ path: String) throws(CertificateFault) -> Certificate.PrivateKey {
        do {
            // Beside it may stand `EC PARAMETERS`, or the certificate itself.
            let found = try documents(pem).filter { $0.discriminator.hasSuffix("PRIVATE KEY") }
            guard let first = found.first else { throw CertificateFault.noKey(path: path) }
            if first.discriminator.hasPrefix("ENCRYPTED") { throw CertificateFault.encryptedKey(path: path) }
            return try Certificate.PrivateKey(pemDocument: first)
        } catch let fault as CertificateFault {
            throw fault
        } catch {
            throw .malformedKey(path: path)
        }
    }

    private static func names(_ certificate: Certificate) -> [String] {
        guard let alternatives = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return alternatives.compactMap { name in
            if case .dnsName(let text) = name { text.lowercased() } else { nil }
        }
    }
}

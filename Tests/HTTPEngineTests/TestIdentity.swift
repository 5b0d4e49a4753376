import Sockets

@testable import HTTPEngine

/// A certificate of nobody, for `test.example` and `*.wild.example`, and its key, which is no secret.
enum TestIdentity {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBrzCCAVSgAwIBAgIUGfiYDHlNBZFxUxD01eLPL+UilJwwCgYIKoZIzj0EAwIw
        FzEVMBMGA1UEAwwMZW5naW5lIHRlc3RzMCAXDTI2MTEyMTA5NDMyNloYDzIxMDAx
        MDI0MDk0MzI2WjAXMRUwEwYDVQQDDAxlbmdpbmUgdGVzdHMwWTATBgcqhkjOPQIB
        BggqhkjOPQMBBwNCAAQ/6AagL+94wTHzVefYGRFOQxF0SW2W41KF4w4qkAG+q0/8
        wbZXM1MCwCnR63bEUUD2ryBDvfIZ/EPVM6/yEZ7Vo3wwejAdBgNVHQ4EFgQU/u+w
        jgfhOMHQgXCG+kyo8aWCKgkwHwYDVR0jBBgwFoAU/u+wjgfhOMHQgXCG+kyo8aWC
        KgkwDwYDVR0TAQH/BAUwAwEB/zAnBgNVHREEIDAeggx0ZXN0LmV4YW1wbGWCDiou
        d2lsZC5leGFtcGxlMAoGCCqGSM49BAMCA0kAMEYCIQDKWd2yoT0T/+cQ1KY2+SaE
        60tYr2/hNLBICxoI5rXSawIhAOWAGgAqW944CEMxRODOADxC8RXS2D5SGVgT5/CC
        LDzD
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdXiDgMwj5W19uFc9
        nf262TmIHvVkUKWgLVKfTcBfwNyhRANCAAQ/6AagL+94wTHzVefYGRFOQxF0SW2W
        41KF4w4qkAG+q0/8wbZXM1MCwCnR63bEUUD2ryBDvfIZ/EPVM6/yEZ7V
        -----END PRIVATE KEY-----
        """

    static func make() throws -> TLSIdentity {
        try TLSIdentity(
            chain: Array(certificate.utf8), key: Array(key.utf8), names: ["test.example", "*.wild.example"])
    }
}

extension Carrier {
    func entrance(_ socket: ListeningSocket) throws -> Entrance {
        self == .tls ? Entrance(socket, tls: TLSIdentities(TLSIdentities.Table([try TestIdentity.make()]))) : Entrance(socket)
    }
}

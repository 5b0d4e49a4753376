/// An authority of nobody and what it has signed, with keys that are no secrets; valid from 2020 to 2100, so that no test minds the clock.
///
/// Made with `openssl ca` over P-256.
package enum TestAuthority {
    /// Signs the others.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBZjCCAQygAwIBAgICEAAwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBh
        dXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBkxFzAV
        BgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
        +Jyi3to0WAGEW+tXfEHuGUFy9Yx31gf9QqsXdddzqRL24VRvBTSvgKXxb7IybMTi
        z85lMZcg9hw06dZEEi6xr6NCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8E
        BAMCAQYwHQYDVR0OBBYEFAxLEDJ0mqzZ14+PVqckeOOxW7/6MAoGCCqGSM49BAMC
        A0gAMEUCIQCJq/RIJMd/W5kln+RawbL0NnJWwjQt6xeWyiiU0eJjZQIgYcN5z5wB
        l62ILB7XARxcseEE3ccu2uyjKy1IZ7BiyKg=
        -----END CERTIFICATE-----
        """

    /// For `app.test`, `*.wild.test` and 127.0.0.1.
    package static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBhzCCASygAwIBAgICEAEwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBh
        dXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBExDzAN
        BgNVBAMMBm5vYm9keTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHQrMJgAnyt1
        s+IaYGTpYatrfB0yZGoTSrZ69Eqxs/CgRKSCNoGmFJYdgSr0d1Ma4uglv8xLoyTi
        02J/1twdVH2jajBoMCYGA1UdEQQfMB2CCGFwcC50ZXN0ggsqLndpbGQudGVzdIcE
        fwAAATAdBgNVHQ4EFgQUZjJUzPsCp8KgSyLkvrI7mltlzXkwHwYDVR0jBBgwFoAU
        DEsQMnSarNnXj49WpyR447Fbv/owCgYIKoZIzj0EAwIDSQAwRgIhAJvLvrAKEMV6
        tGop4lfApYF9bZ8P0HjJglAfVT0npzbiAiEA1+fYvc5TkB21388kT1MXLFDMhy9f
        U/6jwSraEQyAT2c=
        -----END CERTIFICATE-----
        """

    /// Of the one above.
    package static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo0SV0a59VL5n6FRa
        0SpwDz7QRYqo+V0ELN5Ib3x7WdqhRANCAAR0KzCYAJ8rdbPiGmBk6WGra3wdMmRq
        E0q2evRKsbPwoESkgjaBphSWHYEq9HdTGuLoJb/MS6Mk4tNif9bcHVR9
        -----END PRIVATE KEY-----
        """

    /// `app.test` stands in its common name alone.
    package static let nameless = """
        -----BEGIN CERTIFICATE-----
        MIIBazCCARGgAwIBAgICEAMwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBh
        dXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBMxETAP
        BgNVBAMMCGFwcC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5+MqAm3f
        zTfh9Mf34rBaRpmB/pSdvZFSsU79S/Tj0VTlKre8qMK6WHEu1lTLL+E92Q1EgOFJ
        gyZ+2cevo6qhVaNNMEswCQYDVR0TBAIwADAdBgNVHQ4EFgQU+BES4BC918rhefFJ
        IlRpC/lUr7EwHwYDVR0jBBgwFoAUDEsQMnSarNnXj49WpyR447Fbv/owCgYIKoZI
        zj0EAwIDSAAwRQIgDfwbCI+oqSg44QtNm1PT/FPSlYUEH0kAOZhSiby6pKQCIQCn
        KSXD1aO/Db8Nv7JAr5VOaA7pSuKMrHZkR3OvheCrEQ==
        -----END CERTIFICATE-----
        """

    /// Of the one above.
    package static let namelessKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPbniWXcYNfB3U2LS
        8DNlr7forVxEwhQLCrnBiGyzUZShRANCAATn4yoCbd/NN+H0x/fisFpGmYH+lJ29
        kVKxTv1L9OPRVOUqt7yowrpYcS7WVMsv4T3ZDUSA4UmDJn7Zx6+jqqFV
        -----END PRIVATE KEY-----
        """

    /// For the same names, signed by itself.
    package static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIIBUjCB+qADAgECAgIQBDAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhzdHJhbmdl
        cjAgFw0yMDAxMDEwMDAwMDBaGA8yMTAwMDEwMTAwMDAwMFowEzERMA8GA1UEAwwI
        c3RyYW5nZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARlwfGFEMWr9wCYvoEI
        rsTzMjINDxVZMwhtm/qGDHGBSOSbzZM/FToGGt7RiuovclMWym8x/y4OCm3fyDo3
        jzgKozwwOjAZBgNVHREEEjAQgghhcHAudGVzdIcEfwAAATAdBgNVHQ4EFgQUfJmb
        pB62BkqUvLI4ov2RGXkxQrowCgYIKoZIzj0EAwIDRwAwRAIgcqj5wQCHWAMApyOC
        PfMeK7QSnYE9ua3UD5ozQujKk9MCIBhHtsSPIGzuX8e0eNy8A/VObD2jkwKK6Wrk
        gfvuGqmT
        -----END CERTIFICATE-----
        """

    /// Of the one above.
    package static let strangerKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmdvFFGjRNbRlh0aa
        OuVqVOxIQakLOJ7P1hrAdTjRz9OhRANCAARlwfGFEMWr9wCYvoEIrsTzMjINDxVZ
        Mwhtm/qGDHGBSOSbzZM/FToGGt7RiuovclMWym8x/y4OCm3fyDo3jzgK
        -----END PRIVATE KEY-----
        """

    /// For `app.test` and 127.0.0.1, until 2021.
    package static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBczCCARigAwIBAgICEAYwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBh
        dXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAMMQowCAYD
        VQQDDAF4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7Hl6BXv3p64dyEu0aKx0
        6CWjzXrL52wP+yqU0xt4blxLir2oEs8mXfOyAXnc1SgF/Tp5Q3HK+lWYmeowsMI3
        3KNdMFswGQYDVR0RBBIwEIIIYXBwLnRlc3SHBH8AAAEwHQYDVR0OBBYEFIRC6JNb
        3J4pv/y5ajpc3tbloAwdMB8GA1UdIwQYMBaAFAxLEDJ0mqzZ14+PVqckeOOxW7/6
        MAoGCCqGSM49BAMCA0kAMEYCIQDmid8EDNaVtkLzRztC4UT+x47eljZhBtFS33MG
        aB8OOAIhAIiNO26Fgj6SgiQWfavNdPxxLsy/iPvo9aD8CiymiGh6
        -----END CERTIFICATE-----
        """

    /// Of the one above.
    package static let expiredKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQi3S3CNzl5kIHScQ
        dZa2fJVrACd4+MlUAI4cEpezPBuhRANCAATseXoFe/enrh3IS7RorHToJaPNesvn
        bA/7KpTTG3huXEuKvagSzyZd87IBedzVKAX9OnlDccr6VZiZ6jCwwjfc
        -----END PRIVATE KEY-----
        """

    /// Shown by clients.
    package static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBczCCARmgAwIBAgICEAUwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOdGVzdCBh
        dXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBExDzAN
        BgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI96fd5NkTXE
        drlVf3inedU2imwLKGP8yXsOWlDISVAW1WjcLZzqSy/w2dIRYi8OZ9vGj2SmNWU/
        IoX5jmtVqrCjVzBVMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBR4eBMu
        i9ti9eiQ9bEGHXjIaRnjozAfBgNVHSMEGDAWgBQMSxAydJqs2dePj1anJHjjsVu/
        +jAKBggqhkjOPQQDAgNIADBFAiBBKUp/ULHlVY4ucCe8SHEcXbEZJtL2U1D2Mf3I
        dpTrogIhAMgMttZ2fmKJ5U1+8SyYUNOvaPBWFJ2/MlOwNMbKqMcq
        -----END CERTIFICATE-----
        """

    /// Of the one above.
    package static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTwUzIiOXW7W2ZfG/
        Xb+7gflN/J22b1UllHs4gaY0e76hRANCAASPen3eTZE1xHa5VX94p3nVNopsCyhj
        /Ml7DlpQyElQFtVo3C2c6ksv8NnSEWIvDmfbxo9kpjVlPyKF+Y5rVaqw
        -----END PRIVATE KEY-----
        """
}

// swift-tools-version: 6.3
import PackageDescription

// Targets are named for what they hold and stand in the folder of their plane; arrows point down only.
// `scripts/check-layers` proves the direction over `swift package dump-package`.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    // Tests look at internal values in the one configuration that is built; the hot path measured the same with and without.
    .unsafeFlags(["-enable-testing"]),
]

// State of the data plane belongs to one event loop, so that checking each access for overlap at run time finds nothing and
// costs 5 % of the cycles of a hot answer (perf: swift_beginAccess and what it calls).
let dataPlane = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]

func module(_ name: String, in folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)",
        swiftSettings: folder == "DataPlane" ? dataPlane : settings)
}

func tests(_ name: String, exclude: [String] = [], _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: settings)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
// The engine uses its BoringSSL alone (docs/decisions/0012), and tests its client.
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "tandem",
    products: [.executable(name: "tandem", targets: ["tandem"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System
        .target(name: "CTandem", path: "Sources/System/CTandem"),
        library("CBrotli", pkgConfig: "libbrotlienc", apt: "libbrotli-dev"),
        library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        library("CGumbo", pkgConfig: "gumbo", apt: "libgumbo-dev"),

        // Shared
        module("Model", in: "Shared", [crypto]),
        module("Names", in: "Shared", ["Model", crypto]),
        module("Settings", in: "Shared", ["Model", yams]),
        module("Compression", in: "Shared", ["CBrotli", "CZstd", "CZlib"]),
        module("Files", in: "Shared", ["CTandem"]),
        module("Sockets", in: "Shared"),
        module("Blobs", in: "Shared", ["Model", "Files", "CTandem", crypto]),
        module("Manifests", in: "Shared", ["Model", "Names", "Files", crypto]),
        module("Snapshots", in: "Shared", ["Model", "Names", "Files", "Manifests", "Sockets", "CTandem"]),

        // Data plane
        module(
            "HTTPEngine", in: "DataPlane", ["Model", "Files", "Sockets", "CTandem", nioSSL]),
        module("Caching", in: "DataPlane", ["Model", "Files", "Names", "Compression", crypto]),
        module(
            "Proxying", in: "DataPlane",
            ["Caching", "Names", "HTTPEngine", "Snapshots", "Sockets", "Compression", "Model", crypto]),
        module(
            "Serving", in: "DataPlane",
            ["Proxying", "Caching", "HTTPEngine", "Snapshots", "Manifests", "Names", "Model", "Files", "CTandem"]),

        // Control plane
        module("State", in: "ControlPlane", ["Model", grdb]),
        module("Releases", in: "ControlPlane", ["State", "Model", "Names", "Manifests", "Blobs", "Files", "Compression", "CTandem"]),
        module("Rollouts", in: "ControlPlane", ["State", "Model"]),

        module("Discovery", in: "ControlPlane", ["Sockets"]),
        module("Certificates", in: "ControlPlane", ["Model", "Files", crypto, x509, asn1]),

        // Build
        module("References", in: "Build", ["CGumbo"]),
        module("Fingerprinting", in: "Build", ["References", "Names", "Model", "Compression", "Files", "CTandem", crypto]),

        // Process
        module("Handover", in: "Process", ["Model", "CTandem"]),
        module("Supervision", in: "Process", ["Handover", "Settings", "Sockets", "Blobs", "Files", "Model", "CTandem"]),
        module(
            "Worker", in: "Process",
            [
                "Handover", "Sockets", "CTandem", "Discovery",
                "Serving", "Proxying", "Caching", "HTTPEngine", "Names", "Snapshots", "Rollouts", "Releases", "State", "Certificates",
                "Admin", "AdminAPI", "Settings", "Manifests", "Blobs", "Model", logging, lifecycle, unixSignals,
            ]),

        // Interface
        module("AdminAPI", in: "Interface", ["Model"]),
        module(
            "Admin", in: "Interface",
            [
                "AdminAPI", "Rollouts", "Releases", "State", "Manifests", "Blobs", "Model", crypto, hummingbird, httpTypes, nioCore,
                logging, lifecycle,
            ]),
        module(
            "Commands", in: "Interface",
            [
                "Supervision", "Handover", "Worker", "Admin", "Rollouts", "Releases", "State", "Fingerprinting", "AdminAPI", "Settings",
                "Names", "Manifests", "Blobs", "Files", "Model", "CTandem", arguments, httpClient, nioCore, nioHTTP1, logging,
            ]),
        .executableTarget(name: "tandem", dependencies: ["Commands"], path: "Sources/Interface/tandem", swiftSettings: settings),

        // Benchmarks
        .target(name: "CCounting", path: "Benchmarks/micro/CCounting"),
        .executableTarget(
            name: "tandem-micro", dependencies: ["Serving", "HTTPEngine", "Snapshots", "Manifests", "Names", "Model", "CCounting"],
            path: "Benchmarks/micro/Sources", swiftSettings: dataPlane),

        // Tests
        .target(
            name: "TestTLS", dependencies: [nioCore, nioEmbedded, nioTLS, nioSSL], path: "Tests/TestTLS", swiftSettings: settings),
        .target(name: "TestCodecs", dependencies: ["Compression"], path: "Tests/TestCodecs", swiftSettings: settings),
        .target(name: "TestPatience", path: "Tests/TestPatience", swiftSettings: settings),
        .target(name: "TestDisk", path: "Tests/TestDisk", swiftSettings: settings),
        .target(name: "TestSeeds", path: "Tests/TestSeeds", swiftSettings: settings),
        tests("NamesTests", exclude: ["Goldens"], ["Names", "Model", "TestSeeds"]),
        tests("SettingsTests", exclude: ["Goldens"], ["Settings", "Model", "TestSeeds"]),
        tests("CompressionTests", ["Compression", "TestCodecs", "TestSeeds"]),
        tests("BlobsTests", ["Blobs", "Model", "CTandem"]),
        tests("ManifestsTests", ["Manifests", "Names", "Files", "Model", "TestSeeds"]),
        tests("SnapshotsTests", ["Snapshots", "Manifests", "Names", "Files", "Model"]),
        tests("SocketsTests", ["Sockets"]),
        tests("HandoverTests", ["Handover", "Model", "TestSeeds"]),
        tests("SupervisionTests", ["Supervision", "Handover", "Model", "TestSeeds"]),
        tests("HTTPEngineTests", ["HTTPEngine", "TestTLS", "Files", "Sockets", "Model", "CTandem", "TestPatience", "TestSeeds"]),
        tests("CachingTests", ["Caching", "Compression", "Names", "Model", "Files", "TestDisk", "TestSeeds"]),
        tests(
            "ProxyingTests",
            [
                "Proxying", "Caching", "Compression", "HTTPEngine", "Snapshots", "Sockets", "Names", "Model", "TestCodecs", "TestPatience",
                "TestTLS",
            ]),
        tests(
            "ServingTests",
            ["Serving", "Proxying", "Caching", "HTTPEngine", "Sockets", "Snapshots", "Manifests", "Names", "Files", "Model", "TestSeeds"]),
        tests("DiscoveryTests", ["Discovery", "Sockets", "TestSeeds"]),
        tests("CertificatesTests", ["Certificates", "Model"]),
        tests("StateTests", ["State", "Model", grdb]),
        tests("ReleasesTests", ["Releases", "State", "Manifests", "Names", "Blobs", "Files", "Compression", "Model", "TestDisk"]),
        tests("RolloutsTests", ["Rollouts", "State", "Model", "TestSeeds"]),
        tests("ReferencesTests", ["References", "TestSeeds"]),
        tests("FingerprintingTests", ["Fingerprinting", "References", "Names", "Files", "Compression", "Model", "TestSeeds"]),
        tests("AdminTests", ["Admin", "AdminAPI"]),
        tests("WorkerTests", ["Worker", "Discovery", "Snapshots", "Sockets", "Serving", "Model"]),
        tests(
            "ScenarioTests",
            [
                "Worker", "Rollouts", "Releases", "State", "Serving", "HTTPEngine", "Snapshots", "Manifests", "Blobs", "Names", "Files",
                "Model", logging, "TestSeeds",
            ]),
        tests("EndToEndTests", exclude: ["Programs"], ["TestTLS", "Compression", "Model", crypto, "TestPatience", "TestSeeds"]),
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// Where C modules of several libraries have the same struct of the system, which of them Swift takes for its owner
// depends on how the module is built: members are then not visible in one of debug and release.
let sharingStructs: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let settings = sharingStructs + [.enableUpcomingFeature("MemberImportVisibility")]

// Imports point down only: fedjoin, then Reporting and Sandbox, then Handshake, Federation, Matrix, then C.
let package = Package(
    name: "fedjoin",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CMicrohttpd", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev", "libgnutls28-dev"]), .brew(["libmicrohttpd"])]),
        .systemLibrary(
            name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"]), .brew(["gnutls"])]),
        .systemLibrary(name: "CResolv"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CBytes"),
        .target(name: "Matrix", dependencies: ["CSodium", "CGnuTLS", "CBytes"], swiftSettings: settings),
        .target(
            name: "Federation", dependencies: ["Matrix", "CCurl", "CMicrohttpd", "CResolv"],
            swiftSettings: sharingStructs),
        .target(name: "Handshake", dependencies: ["Matrix", "Federation", "CMalloc"], swiftSettings: settings),
        .target(name: "Reporting", dependencies: ["Matrix", "Federation", "Handshake"], swiftSettings: settings),
        .target(name: "Sandbox", dependencies: ["Matrix", "Federation", "CSodium"], swiftSettings: settings),
        .executableTarget(
            name: "fedjoin",
            dependencies: [
                "Matrix", "Federation", "Handshake", "Reporting", "Sandbox", "CMalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: ["Matrix", "Federation", "Handshake", "Sandbox", "CMicrohttpd", "CSodium"],
            path: "Tests/TestSupport", swiftSettings: sharingStructs),
        .executableTarget(
            name: "roomgen", dependencies: ["Matrix", "CSodium"], path: "Tests/Benchmarks/RoomGen",
            swiftSettings: settings),
        // Only for comparing with another implementation: Tests/SynapseTests/differential.py.
        .executableTarget(name: "oracle", dependencies: ["Matrix"], path: "Tests/Oracle", swiftSettings: settings),
        .testTarget(name: "MatrixTests", dependencies: ["Matrix", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "FederationTests", dependencies: ["Federation", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "HandshakeTests", dependencies: ["Handshake", "Sandbox", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests", dependencies: ["fedjoin", "Handshake", "Sandbox", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: settings),
    ]
)

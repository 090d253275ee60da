import Testing

@testable import Matrix

/// Key files as Dendrite's generate-keys writes them.
@Suite struct PEMKeyFileTests {
    static let seed = Base64.encode(Sample.seed).string + "="

    static func file(_ headers: String, _ body: String = seed, type: String = "MATRIX PRIVATE KEY") -> String {
        "-----BEGIN \(type)-----\n\(headers)\n\n\(body)\n-----END \(type)-----\n"
    }

    /// The private key of 64 bytes that Go has: seed and public half.
    static let long = Base64.encode(Sample.seed + Sample.key.publicKey.bytes).string + "=="

    @Test(arguments: [
        file("Key-ID: ed25519:a_Qx7f"), file("key-id:ed25519:a_Qx7f"), file("Key-ID: ed25519:a_Qx7f\nX-Note: mine"),
        "\n  " + file("Key-ID: ed25519:a_Qx7f").replacing("\n", with: "\r\n"), file("Key-ID: ed25519:a_Qx7f", long),
        file("Key-ID: ed25519:a_Qx7f", "\(seed.prefix(20))\n\(seed.dropFirst(20))"),
    ])
    func `reads a key file`(file: String) throws {
        let key = try KeyFile.parse(Array(file.utf8))
        #expect(key.id == KeyID("ed25519:a_Qx7f"))
        #expect(key.publicKey == Sample.key.publicKey)
    }

    static let size = "its PEM block is not 32 bytes in base64"
    static let form = "its Key-ID is not \"ed25519:\" with letters, digits and _ behind it"
    static let bad: [(String, String)] = [
        (file("Key-ID: ed25519:1", type: "PRIVATE KEY"), "its PEM block is not of the type MATRIX PRIVATE KEY"),
        ("-----BEGIN MATRIX PRIVATE KEY-----\nKey-ID: ed25519:1\n\n\(seed)\n", "its PEM block has no end"),
        (file("Key-ID: ed25519:1") + seed, "something stands behind its PEM block"),
        (file("Key-ID: ed25519:1") + file("Key-ID: ed25519:2"), "something stands behind its PEM block"),
        (file(""), "its PEM block has 0 Key-ID headers where one is due"),
        (file("Key-ID: ed25519:1\nKey-ID: ed25519:2"), "its PEM block has 2 Key-ID headers where one is due"),
        (file("Key-ID: ed25519:a-b"), form), (file("Key-ID: a_Qx7f"), form), (file("Key-ID: rsa:1"), form),
        (file("Proc-Type: 4,ENCRYPTED\nKey-ID: ed25519:1"), "its PEM block is encrypted"),
        (file("Key-ID: ed25519:1", ""), size), (file("Key-ID: ed25519:1", String(seed.dropLast(4))), size),
        (file("Key-ID: ed25519:1", "*\(seed.dropFirst())"), size),
        (file("Key-ID: ed25519:1", String(seed.dropLast()) + long), size),
        (file("Key-ID: ed25519:1") + String(repeating: "\n", count: 4096), "it is not a short text file"),
    ]

    @Test(arguments: bad)
    func `says what is wrong with a key file and nothing of the seed`(file: String, problem: String) {
        let failure = #expect(throws: KeyFile.Failure.self) { try KeyFile.parse(Array(file.utf8)) }
        #expect(failure?.description == problem)
        #expect(failure.map { "\($0) \(String(reflecting: $0))" }?.contains(Self.seed.prefix(6)) == false)
    }
}

import Testing

@testable import Matrix

@Suite struct KeyFileTests {
    static let seed = Base64.encode(Sample.seed)

    @Test(arguments: [
        "ed25519 a_Qx7f \(seed)\n", "ed25519 a_Qx7f \(seed)", "ed25519 a_Qx7f \(seed)=\r\n",
        "\n  # a comment\n\ted25519\ta_Qx7f   \(seed) \n\n# another",
    ])
    func `reads a key file`(file: String) throws {
        let key = try KeyFile.parse(Array(file.utf8))
        #expect(key.id == KeyID("ed25519:a_Qx7f"))
        #expect(key.publicKey == Sample.key.publicKey)
    }

    @Test func `writes what it reads`() throws {
        let file = KeyFile.text(version: "1", seed: Sample.seed)
        #expect(text(file) == "ed25519 1 \(Self.seed)\n")
        #expect(try KeyFile.parse(file).publicKey == Sample.key.publicKey)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let file: String
        let problem: String
        var testDescription: String { problem }
    }

    static let form = "its line is not of the form \"ed25519 VERSION SEED\""
    static let seedProblem = "its seed is not 32 bytes in base64"
    static let versionProblem = "its key version has other characters than letters, digits and _"
    static let bad = [
        Bad(file: "", problem: "it is empty"),
        Bad(file: " \n\r\n# \(seed)\n", problem: "it is empty"),
        Bad(file: "\(seed)", problem: form),
        Bad(file: "ed25519 \(seed)", problem: form),
        Bad(file: "ed25519 1 \(seed) \(seed)", problem: form),
        Bad(file: "ed25519:1 \(seed)", problem: form),
        Bad(file: "\(seed) 1 ed25519", problem: "its algorithm is not ed25519"),
        Bad(file: "ED25519 1 \(seed)", problem: "its algorithm is not ed25519"),
        Bad(file: "ed25519 \(seed) 1", problem: versionProblem),
        Bad(file: "ed25519 a-b \(seed)", problem: versionProblem),
        Bad(file: "ed25519 1 \(seed)A", problem: seedProblem),
        Bad(file: "ed25519 1 \(seed.string.dropLast())", problem: seedProblem),
        Bad(file: "ed25519 1 \(seed.string.dropLast())*", problem: seedProblem),
        Bad(file: "ed25519 1 \(seed.string.replacing("+", with: "-"))", problem: seedProblem),
        Bad(file: "ed25519 1 \(seed)\ned25519 2 \(seed)\n", problem: "it holds 2 keys where one is due"),
        Bad(file: "ed25519 1 \(seed)\u{0}", problem: seedProblem),
        Bad(file: "ed25519 1 \(seed)" + String(repeating: "\n", count: 4096), problem: "it is not a short text file"),
    ]
    @Test(arguments: bad)
    func `says what is wrong with a key file and nothing of the seed`(bad: Bad) {
        let failure = #expect(throws: KeyFile.Failure.self) { try KeyFile.parse(Array(bad.file.utf8)) }
        #expect(failure?.description == bad.problem)
        #expect(failure.map { "\($0) \(String(reflecting: $0))" }?.contains(Self.seed.string.prefix(6)) == false)
    }

    @Test func `refuses bytes that are no text`() {
        let failure = #expect(throws: KeyFile.Failure.self) {
            try KeyFile.parse(Array("ed25519 1 \(Self.seed)".utf8) + [0xFF])
        }
        #expect(failure?.description == "it is not a short text file")
    }

    @Test func `a signing key shows nothing of its seed`() {
        let shown = "\(Sample.key) \(String(reflecting: Sample.key))"
        #expect(!shown.contains(Self.seed.string.prefix(6)))
    }
}

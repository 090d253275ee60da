import Testing

@testable import Matrix

@Suite struct Base64Tests {
    static let pairs: [([UInt8], Text)] = [
        ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
        (Array("foob".utf8), "Zm9vYg"), (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"),
        ([0xFB, 0xFF], "+/8"), ([0, 0, 0], "AAAA"),
    ]
    @Test(arguments: pairs)
    func `writes without padding and reads with and without`(bytes: [UInt8], text: Text) {
        #expect(Base64.encode(bytes) == text)
        #expect(Base64.decode(text) == bytes)
        let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
        #expect(Base64.decode(Text(text.string + padding)) == bytes)
    }

    @Test func `every byte comes back in every place`() {
        for length in 0..<67 {
            let bytes = (0..<length).map { UInt8(($0 * 37 + length * 11) & 0xFF) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(
        arguments: [("Zh", "f"), ("Zv==", "f"), ("Zm9", "fo"), ("Zm+=", "fo"), ("Zm9vYn", "foob")] as [(Text, String)]
    )
    func `passes over bits that stand for nothing, as other servers do`(text: Text, plain: String) {
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test func `writes the URL-safe alphabet where that is asked for, and never reads it`() {
        #expect(Base64.encode([0xFB, 0xFF], urlSafe: true) == "-_8")
        #expect(Base64.decode("-_8") == nil)
    }

    @Test(
        arguments: [
            "Z", "Zm9vY", "Zg=", "Zg===", "Zg====", "Zm8==", "Zm9v=", "Zm9v====", "=", "==", "====",
            "Zm 9v",
            "Zm9v\n", " Zm9v", "Z=g", "Zg=\u{338}=", "Zm9\u{E9}", "Zm9v\u{0}", "Zm9v\u{0}Zm9v", "Zm9*",
        ] as [Text]
    )
    func `refuses wrong padding and other characters`(text: Text) {
        #expect(Base64.decode(text) == nil)
    }
}

@Suite struct SHA256Tests {
    @Test func `hashes as FIPS 180 says`() {
        #expect(Base64.encode(SHA256.hash([])) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")
        #expect(Base64.encode(SHA256.hash(Array("abc".utf8))) == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0")
    }
}

import TestSupport
import Testing

@testable import Matrix

/// What is written straight from a tape is what is written of the tree.
@Suite struct CanonicalWriterTests {
    private static let rules: [CanonicalJSON.Numbers] = [.strict, .exact, .lenient]
    private static let keys = ["a", "b", "ab", "é", "e\u{301}", "", "🙂", "\u{FFFD}", "\n", "\u{0}", "z\"", "aa"]

    /// The canonical form of `bytes` by the tape; nil where it has none.
    private func written(_ bytes: [UInt8], _ numbers: CanonicalJSON.Numbers) throws -> [UInt8]? {
        var parser = JSONParser()
        try parser.read(bytes.span)
        var writer = CanonicalWriter(numbers: numbers)
        do { try writer.write(0, parser.tape, bytes.span) } catch { return nil }
        return writer.bytes
    }

    private func compare(_ bytes: [UInt8]) throws {
        let value = try JSON(parsing: bytes)
        for numbers in Self.rules {
            let expected = try? CanonicalJSON(value, numbers: numbers).bytes
            #expect(try written(bytes, numbers) == expected, "\(text(bytes)) by \(numbers)")
        }
    }

    @Test func `random documents`() throws {
        for seed in 0..<600 {
            var random = RandomJSON(seed: seed)
            try compare(Array(random.value(keys: Self.keys).utf8))
        }
    }

    @Test(arguments: RandomJSON.numbers) func `numbers`(number: String) throws {
        try compare(Array("[\(number)]".utf8))
    }

    @Test(.enabled(if: Vector.arePresent, Shared.absence), arguments: Vector.all("canonical_json", "canonicalize"))
    func `the documents of others`(vector: Vector) throws {
        guard let document = vector["input"]?.text?.bytes, (try? JSON(parsing: document)) != nil else { return }
        try compare(document)
    }

    @Test func `its buffer is used again`() throws {
        let bytes = Array(#"[{"b":1,"a":"x"}]"#.utf8)
        var parser = JSONParser()
        try parser.read(bytes.span)
        var writer = CanonicalWriter(numbers: .strict)
        for _ in 0..<2 {
            writer.clear()
            try writer.write(0, parser.tape, bytes.span)
            #expect(text(writer.bytes) == #"[{"a":"x","b":1}]"#)
        }
    }

    @Test func `members are dropped, kept and filtered by their keys`() throws {
        let bytes = Array(#"{"d":4,"c":3,"\u0062":{"x":1},"a":1}"#.utf8)
        var parser = JSONParser()
        try parser.read(bytes.span)
        let (tape, dropped, filtered) = (parser.tape, KeySet(["a", "d"]), KeySet(["b"]))
        var writer = CanonicalWriter(numbers: .strict)
        try writer.object(0, tape, bytes.span) { key in
            dropped.contains(key, tape, bytes.span)
                ? .dropped : filtered.contains(key, tape, bytes.span) ? .filtered : .kept
        } filtered: { writer, node throws(CanonicalJSON.Failure) in
            writer.writeEmptyObject()
        }
        #expect(text(writer.bytes) == #"{"b":{},"c":3}"#)
    }
}

import Testing

@testable import Matrix

@Suite struct KnownKeyTests {
    static let day = 86_400_000
    static let now = 1_700_000_000_000

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let validity: KnownKey.Validity
        let timestamp: Int
        let enforced: Bool
        let ignored: Bool
        var testDescription: String { name }

        init(_ name: String, _ validity: KnownKey.Validity, at timestamp: Int, _ enforced: Bool, ignored: Bool) {
            self.name = name
            self.validity = validity
            self.timestamp = timestamp
            self.enforced = enforced
            self.ignored = ignored
        }
    }

    static let rows = [
        Row("long before the end", .until(now), at: 0, true, ignored: true),
        Row("at the end", .until(now), at: now, true, ignored: true),
        Row("after the end", .until(now), at: now + 1, false, ignored: true),
        Row("a document of the past", .until(now - day), at: now, false, ignored: true),
        Row("a week ahead", .until(now + 30 * day), at: now + 7 * day, true, ignored: true),
        Row("more than a week ahead", .until(now + 30 * day), at: now + 7 * day + 1, false, ignored: true),
        Row("within the week, after the end", .until(now + day), at: now + day + 1, false, ignored: true),
        Row("before expiry", .expired(now), at: now - 1, true, ignored: true),
        Row("at expiry", .expired(now), at: now, false, ignored: false),
        Row("after expiry", .expired(now), at: now + 1, false, ignored: false),
        Row("an end that no document can mean", .until(.max), at: now, true, ignored: true),
    ]
    @Test(arguments: rows)
    func `a key speaks for its time`(row: Row) {
        let key = KnownKey(key: Sample.key.publicKey, validity: row.validity)
        #expect(key.isValid(at: row.timestamp, now: Self.now, isEnforced: true) == row.enforced)
        #expect(key.isValid(at: row.timestamp, now: Self.now, isEnforced: false) == row.ignored)
    }

    @Test func `a key signs while its document is valid, and an old one never`() {
        func isCurrent(_ validity: KnownKey.Validity) -> Bool {
            KnownKey(key: Sample.key.publicKey, validity: validity).isCurrent(at: Self.now)
        }
        #expect(isCurrent(.until(Self.now + 1)))
        #expect(!isCurrent(.until(Self.now)))
        #expect(!isCurrent(.expired(Self.now + 1)))
    }
}

import Testing

@testable import Matrix

@Suite struct CanonicalNumberTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let written: String
        let strict: String?
        let exact: String?
        let lenient: String?
        var testDescription: String { written }

        init(_ written: String, _ strict: String?, _ exact: String?, _ lenient: String?) {
            self.written = written
            self.strict = strict
            self.exact = exact
            self.lenient = lenient
        }
    }

    static let cases = [
        Case("0", "0", "0", "0"),
        Case("-1", "-1", "-1", "-1"),
        Case("9007199254740991", "9007199254740991", "9007199254740991", "9007199254740991"),
        Case("-9007199254740991", "-9007199254740991", "-9007199254740991", "-9007199254740991"),
        Case("9007199254740992", nil, nil, "9007199254740992"),
        Case("-9007199254740992", nil, nil, "-9007199254740992"),
        Case("-9223372036854775808", nil, nil, "-9223372036854775808"),
        Case("1000000000000000000000000000000", nil, nil, "1000000000000000000000000000000"),
        Case("-1000000000000000000000000000000", nil, nil, "-1000000000000000000000000000000"),
        Case("-0", nil, "0", "0"),
        Case("-0.0", nil, "0", "-0.0"),
        Case("0e99999999999999999999", nil, "0", "0.0"),
        Case("1.0", nil, "1", "1.0"),
        Case("-1.50", nil, nil, "-1.5"),
        Case("1e10", nil, "10000000000", "10000000000.0"),
        Case("1E+5", nil, "100000", "100000.0"),
        Case("100e-2", nil, "1", "1.0"),
        Case("0.00000000000000000000000001e26", nil, "1", "1.0"),
        Case("9007199254740991.000", nil, "9007199254740991", "9007199254740991.0"),
        Case("90071992547409910e-1", nil, "9007199254740991", "9007199254740991.0"),
        Case("9.007199254740992e15", nil, nil, "9007199254740992.0"),
        Case("9007199254740991.1", nil, nil, "9007199254740991.0"),
        Case("0.1", nil, nil, "0.1"),
        Case("0.99999999999999999", nil, nil, "1.0"),
        Case("1e-400", nil, nil, "0.0"),
        Case("1e400", nil, nil, nil),
        Case("-1e400", nil, nil, nil),
        Case("1e99999999999999999999", nil, nil, nil),
        Case("1e-99999999999999999999", nil, nil, "0.0"),
        Case("1e9223372036854775807", nil, nil, nil),
        Case("0.1e-9223372036854775808", nil, nil, "0.0"),
        // Where Python begins to write exponents: from 10^16 on, and below 10^-4.
        Case("1e15", nil, "1000000000000000", "1000000000000000.0"),
        Case("1e16", nil, nil, "1e+16"),
        Case("12345678901234567.0", nil, nil, "1.2345678901234568e+16"),
        Case("18014398509481982.0", nil, nil, "1.8014398509481982e+16"),
        Case("-1e16", nil, nil, "-1e+16"),
        Case("1e17", nil, nil, "1e+17"),
        Case("1e22", nil, nil, "1e+22"),
        Case("0.0001", nil, nil, "0.0001"),
        Case("0.00001", nil, nil, "1e-05"),
        Case("5e-324", nil, nil, "5e-324"),
        Case("1.7976931348623157e308", nil, nil, "1.7976931348623157e+308"),
    ]

    @Test(arguments: cases)
    func `a number's canonical text`(number: Case) throws {
        let value = try JSON(reading: number.written)
        #expect(CanonicalNumber.text(of: value, .strict) == number.strict)
        #expect(CanonicalNumber.text(of: value, .exact) == number.exact)
        #expect(CanonicalNumber.text(of: value, .lenient) == number.lenient)
        #expect(CanonicalNumber.text(of: value, nil) == number.written)
    }
}

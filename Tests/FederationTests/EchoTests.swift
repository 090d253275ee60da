import Matrix
import TestSupport
import Testing

@testable import Federation

/// A server that repeats the signature of our request in what it says of it.
@Suite struct EchoTests {
    private static let signature = "aB+/" + String(repeating: "x/Y+z9", count: 13) + "Qw"

    private static func request() -> Request {
        var request = Request(.get, "/", host: "a.example", port: 8448)
        request.headers = [
            Header(
                name: "Authorization",
                value: Text(
                    "X-Matrix origin=\"us.example\",destination=\"a.example\",key=\"ed25519:1\",sig=\"\(signature)\""))
        ]
        return request
    }

    private static func written(_ form: (UInt8) -> String) -> String { signature.utf8.map(form).joined() }

    private static func hex(_ byte: UInt8, _ digits: Int, isUpper: Bool = true) -> String {
        let text = String(byte, radix: 16, uppercase: isUpper)
        return String(repeating: "0", count: digits - text.count) + text
    }

    private static func plain(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }

    static let forms = [
        written(plain),
        written { $0 == UInt8(ascii: "/") ? "\\/" : plain($0) },
        written { $0 == UInt8(ascii: "+") ? "\\u002B" : plain($0) },
        written { "\\u" + hex($0, 4, isUpper: false) },
        written { $0 == UInt8(ascii: "+") ? "%2B" : $0 == UInt8(ascii: "/") ? "%2f" : plain($0) },
        written { "%" + hex($0, 2) },
    ]

    @Test(arguments: forms)
    func `it is taken out, however it is written`(form: String) {
        let body = Blob(Array(#"{"error":"bad header: \#(form)!"}"#.utf8))
        let cleaned = Response(status: 401, headers: [], body: body).withoutSignature(of: Self.request())
        #expect(Text(validating: cleaned.body.bytes) == #"{"error":"bad header: [redacted]!"}"#)
    }

    @Test(arguments: ["", "%", "\\", "\\u", "\\u00", "%4", "aB+/", "aB%2", "\\u0061B"])
    func `what is a part of it, or nothing, stays as it is`(rest: String) {
        let text = "said \(String(repeating: "-", count: 100))\(rest)"
        let response = Response(status: 401, headers: [], body: Blob(Array(text.utf8)))
        #expect(Text(validating: response.withoutSignature(of: Self.request()).body.bytes) == Text(text))
    }
}

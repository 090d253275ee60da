import Testing

@testable import Matrix

@Suite struct XMatrixParserTests {
    static let header = XMatrix(origin: "a.example", destination: "b:8448", key: "ed25519:1", signature: "Zg")

    @Test(arguments: [
        #"X-Matrix origin="a.example",destination="b:8448",key="ed25519:1",sig="Zg""#,
        "x-mATRIX   sig=Zg, key=\"ed25519:1\" ,ORIGIN=a.example\t,\tDestination=b:8448",
        #"X-Matrix origin = "a.example" , destination= "b:8448",key ="ed25519:1",sig=  "Zg""#,
        #"X-Matrix ,, origin=a.example,,destination=b:8448,key=ed25519:1,sig=Zg, ,"#,
        #"X-Matrix origin="a\.exampl\e",destination="b:8448",key="ed25519:1",sig="Zg",other="x, sig=\"y\"""#,
    ])
    func `reads what RFC 9110 allows`(value: String) {
        #expect(XMatrix(parsing: Text(value)) == Self.header)
    }

    @Test func `reads the specification's example`() {
        let value: Text = #"""
            X-Matrix origin="origin.hs.example.com",destination="destination.hs.example.com",key="ed25519:key1",sig="ABCDEF..."
            """#
        let expected = XMatrix(
            origin: "origin.hs.example.com",
            destination: "destination.hs.example.com",
            key: "ed25519:key1",
            signature: "ABCDEF..."
        )
        #expect(XMatrix(parsing: value) == expected)
    }

    @Test func `reads unquoted what old servers leave unquoted`() throws {
        let header = try #require(XMatrix(parsing: "X-Matrix origin=[::1]:1,key=ed25519:a_B,sig=a+/b=="))
        #expect(header == XMatrix(origin: "[::1]:1", destination: nil, key: "ed25519:a_B", signature: "a+/b=="))
    }

    @Test(arguments: [
        "", "X-Matrix", "X-Matrix ", "Bearer origin=a,key=b,sig=c", "X-Matrixorigin=a,key=b,sig=c",
        "origin=a,key=b,sig=c",
        "X-Matrix origin=a,key=b", "X-Matrix origin=a,sig=c", "X-Matrix key=b,sig=c",
        "X-Matrix origin=a,key=b,sig=c,sig=c",
        "X-Matrix origin=a,key=b,sig=c,ORIGIN=a", "X-Matrix origin=a key=b sig=c", "X-Matrix origin=a;key=b;sig=c",
        "X-Matrix origin=,key=b,sig=c", "X-Matrix =a,key=b,sig=c", "X-Matrix origin,key=b,sig=c",
        "X-Matrix origin=a,key=b,sig=\"c",
        "X-Matrix origin=a,key=b,sig=\"c\\", "X-Matrix origin=a,key=b,sig=\"c\"d", "X-Matrix origin=a@b,key=b,sig=c",
        "X-Matrix origin=\u{E9},key=b,sig=c", "X-Matrix origin=a,key=b,sig=c\r\nX: y",
        "X-Matrix origin=a,key=b,sig=c d",
    ])
    func `refuses as a header`(value: String) {
        #expect(XMatrix(parsing: Text(value)) == nil)
    }

    @Test func `an escape may not make what is no UTF-8`() {
        // The backslash between the two bytes of a character goes away; half a character never stays.
        #expect(XMatrix(parsing: "X-Matrix origin=\"\\\u{E9}\",key=b,sig=c")?.origin == "\u{E9}")
    }

    @Test func `reads 4096 bytes of parameters at most`() {
        let rest = "origin=a,key=b,sig="
        let fits = rest + String(repeating: "c", count: 4096 - rest.utf8.count)
        #expect(XMatrix(parsing: Text("X-Matrix " + fits)) != nil)
        #expect(XMatrix(parsing: Text("X-Matrix " + fits + "c")) == nil)
    }
}

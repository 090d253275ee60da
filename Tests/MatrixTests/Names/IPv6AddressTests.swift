import Testing

@testable import Matrix

@Suite struct IPv6AddressTests {
    static let good: [(Text, [UInt16])] = [
        ("::", [0, 0, 0, 0, 0, 0, 0, 0]),
        ("::1", [0, 0, 0, 0, 0, 0, 0, 1]),
        ("1::", [1, 0, 0, 0, 0, 0, 0, 0]),
        ("1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("1:2:3:4:5:6:7::", [1, 2, 3, 4, 5, 6, 7, 0]),
        ("::2:3:4:5:6:7:8", [0, 2, 3, 4, 5, 6, 7, 8]),
        ("FFFF::abcd:0001", [0xFFFF, 0, 0, 0, 0, 0, 0xABCD, 1]),
        ("::ffff:1.2.3.4", [0, 0, 0, 0, 0, 0xFFFF, 0x0102, 0x0304]),
        ("1:2:3:4:5:6:255.254.253.252", [1, 2, 3, 4, 5, 6, 0xFFFE, 0xFDFC]),
        ("0001:0002:0003:0004:0005:0006:255.255.255.255", [1, 2, 3, 4, 5, 6, 0xFFFF, 0xFFFF]),
        ("::1.2.3.4", [0, 0, 0, 0, 0, 0, 0x0102, 0x0304]),
    ]
    @Test(arguments: good)
    func `reads eight groups`(text: Text, groups: [UInt16]) throws {
        #expect(try #require(IPv6Address(text)).groups == groups)
    }

    static let bad: [Text] = [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3",
        "1:::2", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", ":1::", "::1:", "12345::", "g::", "+1::", "-1::", "::+1",
        " ::1",
        "::1%eth0", "::1/64", "1.2.3.4", "1.2.3.4::", "1:2.3.4.5::6", "::1.2.3.4:5", "::1.2.3", "::1.2.3.256",
        "::01.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::\u{FF11}", "0x1::", "::1.2.3.4.", "::.1.2.3.4",
    ]
    @Test(arguments: bad)
    func `refuses as an IPv6 address`(text: Text) {
        #expect(IPv6Address(text) == nil)
    }

    @Test(arguments: [("::1", true), ("0:0::0:1", true), ("::", false), ("::ffff:127.0.0.1", false)] as [(Text, Bool)])
    func `knows the loopback address`(text: Text, isLoopback: Bool) throws {
        #expect(try #require(IPv6Address(text)).isLoopback == isLoopback)
    }
}

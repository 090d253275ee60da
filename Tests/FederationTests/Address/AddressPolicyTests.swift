import Federation
import Matrix
import Testing

@Suite struct AddressPolicyTests {
    private static let led = AddressPolicy.anywhere.led(by: "the well-known file of a.example")

    @Test(
        arguments: [
            "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "169.253.0.1",
            "192.0.1.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00::1",
            "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
        ] as [Text])
    func `a remote may lead to a public address`(address: Text) throws {
        #expect(Self.led.refusal(of: try #require(IPAddress(address))) == nil)
    }

    /// Each range that is private, reserved or of this machine, at its ends, and the IPv6 forms of such addresses.
    static let special: [Text] = [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1",
        "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.0", "198.19.255.255",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:1ff::1",
        "2001:db8::1", "3fff::1", "4000::1", "64:ff9b:1::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:1::1",
    ]

    @Test(arguments: special)
    func `a remote may not lead to a special address`(address: Text) throws {
        let read = try #require(IPAddress(address))
        let refusal = try #require(Self.led.refusal(of: read))
        #expect(refusal.contains("the well-known file of a.example leads to the address"))
        #expect(refusal.contains("--allow-address"))
    }

    @Test(arguments: special)
    func `what the person named may be anywhere`(address: Text) throws {
        #expect(AddressPolicy.anywhere.refusal(of: try #require(IPAddress(address))) == nil)
    }

    @Test(
        arguments: [
            ("127.0.0.0/8", "127.9.9.9", true), ("127.0.0.0/8", "::ffff:127.0.0.1", true),
            ("127.0.0.0/8", "10.0.0.1", false), ("::1", "::1", true), ("::1", "127.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("fd00::/8", "fd12::1", true),
            ("10.0.0.0/9", "10.128.0.0", false), ("64:ff9b::/96", "64:ff9b::7f00:1", true),
        ] as [(Text, Text, Bool)])
    func `a range that the person allowed counts`(range: Text, address: Text, isAllowed: Bool) throws {
        let policy = AddressPolicy(scope: .ledBy("a redirect"), allowed: [try #require(AddressRange(range))])
        #expect((policy.refusal(of: try #require(IPAddress(address))) == nil) == isAllowed)
    }

    @Test(
        arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::1/129", "a.example", "", "/8", "1.2.3.4:5"] as [Text])
    func `what is no range is refused`(text: Text) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        arguments: [
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::", "::"), ("0:0:0:0:0:0:0:1", "::1"),
            ("2001:0db8::00ff", "2001:db8::ff"), ("192.0.2.1", "192.0.2.1"), ("1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"),
        ] as [(Text, String)])
    func `an address is shown in its short form`(text: Text, shown: String) throws {
        #expect(try #require(IPAddress(text)).description == shown)
    }
}

import Federation
import Testing

@testable import Handshake

@Suite struct CertificateFaultTests {
    private static let missing = "SSL certificate problem: unable to get local issuer certificate"

    /// A chain by subject and issuer, the server's own first, which says or does not say where its issuer's is.
    private func facts(_ chain: [(String, String)], _ issuerURL: String?) -> TLSFacts {
        var facts = TLSFacts(
            version: "TLSv1.3", subject: "", issuer: "", names: [], notBefore: "", notAfter: "", verified: false)
        facts.chain = chain.map { TLSFacts.Link(subject: $0.0, issuer: $0.1) }
        facts.issuerURL = issuerURL
        return facts
    }

    struct Chain: CustomTestStringConvertible {
        let testDescription: String
        let links: [(String, String)]
        var issuerURL: String? = "http://ca.example/r11.der"
        let fault: CertificateFault
    }

    static let chains = [
        Chain(testDescription: "alone", links: [("leaf", "R11")], fault: .missingIntermediate),
        Chain(
            testDescription: "another's intermediate", links: [("leaf", "R11"), ("E5", "X1")],
            fault: .missingIntermediate),
        Chain(testDescription: "twice itself", links: [("leaf", "R11"), ("leaf", "R11")], fault: .missingIntermediate),
        Chain(testDescription: "whole", links: [("leaf", "R11"), ("R11", "X1")], fault: .unknownAuthority),
        Chain(
            testDescription: "whole, in disorder", links: [("leaf", "R11"), ("X1", "X1"), ("R11", "X1")],
            fault: .unknownAuthority),
        Chain(testDescription: "alone, private", links: [("leaf", "Mine")], issuerURL: nil, fault: .unknownAuthority),
        Chain(testDescription: "its own", links: [("leaf", "leaf")], fault: .selfSigned),
        Chain(testDescription: "not seen", links: [], fault: .other),
    ]

    @Test(arguments: chains)
    func `a chain that cannot be followed is judged by what was sent`(chain: Chain) {
        #expect(CertificateFault(Self.missing, facts(chain.links, chain.issuerURL)) == chain.fault)
    }

    static let words: [(String, CertificateFault)] = [
        ("SSL certificate problem: certificate has expired", .expired),
        ("SSL certificate problem: certificate is not yet valid", .notYetValid),
        ("SSL: no alternative certificate subject name matches target host name 'a.example'", .name),
        ("SSL certificate problem: self-signed certificate", .selfSigned),
        ("SSL certificate problem: self signed certificate", .selfSigned),
        ("SSL certificate problem: self-signed certificate in certificate chain", .unknownAuthority),
        ("OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", .other),
    ]

    @Test(arguments: words)
    func `other faults are judged by libcurl's words`(words: String, fault: CertificateFault) {
        #expect(CertificateFault(words, facts([("leaf", "R11"), ("R11", "X1")], nil)) == fault)
    }

    @Test(arguments: ["missing-intermediate", "unknown-authority", "ip-literal-cert"])
    func `what they lead to is in the catalogue`(id: String) { #expect(Diagnosis.named(id) != nil) }
}

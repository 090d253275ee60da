import Federation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A TLS identity` {
    @Test func `comes from two files that belong together`() throws {
        let made = try TLSIdentity.throwaway(names: ["a.example"])
        let (certificate, key) = (TemporaryFile(made.certificatePEM), TemporaryFile(made.keyPEM))
        let read = try TLSIdentity(certificateFile: certificate.path, keyFile: key.path)
        #expect(read.certificatePEM == made.certificatePEM)
        #expect(read.keyPEM == made.keyPEM)
    }

    @Test func `says what is wrong with the files`() throws {
        let made = try TLSIdentity.throwaway(names: ["a.example"])
        let (certificate, key) = (TemporaryFile(made.certificatePEM), TemporaryFile(made.keyPEM))
        let other = TemporaryFile(try TLSIdentity.throwaway(names: ["a.example"]).keyPEM)
        let junk = TemporaryFile("junk")
        let huge = TemporaryFile([UInt8](repeating: 0x20, count: 1 << 20))
        let missing = "/nonexistent/cert.pem"
        for (certificate, key, words) in [
            (missing, key.path, "cannot read \(missing): no such file or directory"),
            (certificate.path, missing, "cannot read \(missing): no such file or directory"),
            (certificate.path, other.path, "\(certificate.path) and \(other.path): the key is not the certificate's"),
            (junk.path, key.path, "\(junk.path) holds no certificate in PEM"),
            (certificate.path, junk.path, "\(junk.path) holds no private key in PEM without a password"),
            (huge.path, key.path, "\(huge.path) is too large for a certificate or key"),
        ] {
            let error = #expect(throws: ServerError.self) {
                _ = try TLSIdentity(certificateFile: certificate, keyFile: key)
            }
            let kind: ServerError.Kind = [certificate, key].contains(missing) ? .cannotOpen : .certificate
            #expect(error == ServerError(kind: kind, description: words))
        }
    }
}

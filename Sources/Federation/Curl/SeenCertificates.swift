internal import CCurl

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The certificates that a server sent, read where somebody asks what they say: of most connections nobody does.
final class SeenCertificates: Sendable {
    /// As libcurl has them, the server's own first.
    private let chain: [[UInt8]]
    private let version: String
    private let verified: Bool
    private let read = Locked<TLSFacts??>(nil)

    /// How many certificates of one server are read at most.
    private static let longestChain = 20

    /// Those of the connection that `easy` opened, or nil where libcurl has none to show.
    ///
    /// libcurl's text of them joins names with commas, which a name may hold: the PEM beside it is taken instead.
    init?(_ easy: EasyHandle, version: String, verified: Bool) {
        guard let chain = ccurl_get_certificates(easy.pointer)?.pointee, chain.num_of_certs > 0 else { return nil }
        self.chain = (0..<min(Int(chain.num_of_certs), Self.longestChain)).map { Self.pem(chain.certinfo[$0]) ?? [] }
        self.version = version
        self.verified = verified
    }

    /// What the server's own certificate says, and how the chain goes on; nil where it cannot be read.
    var facts: TLSFacts? {
        read.withLock { read in
            if let read { return read }
            let facts = TLSFacts(chain, version: version, verified: verified)
            read = .some(facts)
            return facts
        }
    }

    private static func pem(_ list: UnsafeMutablePointer<curl_slist>?) -> [UInt8]? {
        var item = list
        while let line = item?.pointee {
            if let text = line.data, strncmp(text, "Cert:", 5) == 0 {
                return [UInt8](UnsafeRawBufferPointer(start: text + 5, count: strlen(text + 5)))
            }
            item = line.next
        }
        return nil
    }
}

internal import CCurl

extension Refusal {
    /// What a failure of libcurl's means to us; `words` are its own.
    init(_ code: CURLcode, words: String, headerLimit: Int) {
        // Of one endless header line libcurl says "out of memory", and of its own limit that reading failed; 100 is
        // CURLE_TOO_LARGE, which came with 8.6.
        if code == CURLE_OUT_OF_MEMORY || words.contains("Too large response header") || code.rawValue == 100 {
            self.init(.tooLarge, "the response header is larger than \(headerLimit) bytes")
        } else {
            self.init(Self.kind(code, words), words.asClause)
        }
    }

    /// What libcurl and OpenSSL say where the other side is gone in the middle of the handshake.
    private static let cutShort = ["SSL_ERROR_SYSCALL", "onnection reset by peer", "unexpected eof"]

    private static func kind(_ code: CURLcode, _ words: String) -> TransportError.Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .name
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connect
        case CURLE_OPERATION_TIMEDOUT: .timeout
        // The connection was cut before anything was agreed on or refused: which passes, as no certificate's fault does.
        case CURLE_SSL_CONNECT_ERROR where cutShort.contains { words.contains($0) }: .reset
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            .tls
        case CURLE_RECV_ERROR where words.contains("chunk"): .protocolFault
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .protocolFault
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .reset
        default: .other
        }
    }
}

extension EasyHandle {
    /// Whether `code`, of a request through a proxy, is about the way to the proxy or its answer to `CONNECT`.
    func isOfProxy(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY: true
        case CURLE_OPERATION_TIMEDOUT: milliseconds(CURLINFO_CONNECT_TIME_T) == 0
        default: words(code).contains("CONNECT")
        }
    }
}

extension String {
    /// libcurl's sentence without its capital and full stop; "SSL" and "OpenSSL/3.0" stay.
    fileprivate var asClause: String {
        let trimmed = hasSuffix(".") ? String(dropLast()) : self
        let isWord = trimmed.dropFirst().prefix { $0 != " " }.allSatisfy { $0.isLowercase || $0.isPunctuation }
        return isWord && !trimmed.hasPrefix("/") ? trimmed.prefix(1).lowercased() + trimmed.dropFirst() : trimmed
    }
}

internal import CCurl
internal import Matrix

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

extension EasyHandle {
    /// Says all of `request` that libcurl is told; what it cannot be told is checked in `Transfer`.
    func setUp(for request: Request, _ settings: CurlTransport.Settings) {
        setNarrowProtocol()
        setProxy(request)
        setTrust(request, settings)
        // The path comes from CURLOPT_REQUEST_TARGET alone, so that libcurl has none to tidy up.
        set(CURLOPT_URL, "https://\(request.host.bracketed):\(request.port)/")
        set(CURLOPT_REQUEST_TARGET, request.target)
        set(CURLOPT_USERAGENT, settings.userAgent)
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.limits.connect.milliseconds))
        if let total = request.limits.total { set(CURLOPT_TIMEOUT_MS, max(1, total.milliseconds)) }
        if let place = request.connectTo { set(CURLOPT_CONNECT_TO, ["::\(place.host.bracketed):\(place.port)"]) }
        if request.method != .get || request.body != nil { set(body: request.body ?? []) }
        set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        setHeaders(request)
        guard request.isFresh else { return }
        set(CURLOPT_FRESH_CONNECT, 1)
        set(CURLOPT_FORBID_REUSE, 1)
        set(CURLOPT_SSL_SESSIONID_CACHE, 0)
    }

    private func setNarrowProtocol() {
        set(CURLOPT_PROTOCOLS_STR, "https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_HTTP09_ALLOWED, 0)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_NETRC, 0)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_QUICK_EXIT, 1)  // or one slow name server holds up every transfer that is cancelled
        set(CURLOPT_VERBOSE, 1)  // which is what makes libcurl call CURLOPT_DEBUGFUNCTION
    }

    /// Empty ones keep libcurl past the variables of the environment.
    private func setProxy(_ request: Request) {
        set(CURLOPT_PROXY, request.proxy?.url ?? "")
        set(CURLOPT_NOPROXY, "")
        // The proxy's answer to CONNECT is none of the server's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func setTrust(_ request: Request, _ settings: CurlTransport.Settings) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, request.verifiesPeer ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, request.verifiesPeer ? 2 : 0)
        set(CURLOPT_CERTINFO, 1)
        let bundle = settings.caFile ?? Self.systemBundle
        if let file = settings.caFile { set(CURLOPT_CAINFO, file) }
        if let bytes = settings.caPEM { set(CURLOPT_CAINFO_BLOB, blob: bytes) }
        // With a directory beside the bundle, libcurl reads the whole bundle anew for each connection: 29 ms, not 1.
        if bundle != nil { set(CURLOPT_CAPATH, nil) }
    }

    /// The bundle that this libcurl was built to use, where it is there.
    private static let systemBundle: String? = {
        guard let file = ccurl_system_bundle(), access(file, R_OK) == 0 else { return nil }
        return String(cString: file)
    }()

    private func setHeaders(_ request: Request) {
        // A name with nothing behind the colon takes away what libcurl would send by itself.
        var lines = ["Host: \(request.hostHeader)", "Expect:"]
        if request.headers.first(named: "content-type") == nil { lines.append("Content-Type:") }
        for header in request.headers {
            lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        set(CURLOPT_HTTPHEADER, lines)
    }

    /// Has libcurl call `transfer`, which must own this handle.
    func setCallbacks(to transfer: Transfer) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_DEBUGDATA, CURLOPT_OPENSOCKETDATA,
        ] {
            set(option, context)
        }
        let writer: curl_write_callback = { bytes, size, count, context in
            Transfer.at(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        let headerTaker: curl_write_callback = { bytes, size, count, context in
            Transfer.at(context)?.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        let debugger: curl_debug_callback = { _, kind, bytes, count, context in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
            Transfer.at(context)?.take(trace: kind, bytes)
            switch kind {
            case CURLINFO_HEADER_OUT: Transfer.at(context)?.take(sentHead: bytes)
            case CURLINFO_DATA_OUT: Transfer.at(context)?.take(sentBody: bytes)
            case CURLINFO_SSL_DATA_OUT: Transfer.at(context)?.takeGreeting()
            case CURLINFO_TEXT: Transfer.at(context)?.take(note: bytes)
            default: break
            }
            return 0
        }
        let opener: curl_opensocket_callback = { context, _, address in
            guard let address, Transfer.at(context)?.admits(address) == true else { return CURL_SOCKET_BAD }
            return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
        }
        note(CURLOPT_OPENSOCKETFUNCTION, ccurl_set_opener(pointer, opener))
        note(CURLOPT_WRITEFUNCTION, ccurl_set_writer(pointer, writer))
        note(CURLOPT_HEADERFUNCTION, ccurl_set_header_taker(pointer, headerTaker))
        note(CURLOPT_DEBUGFUNCTION, ccurl_set_debugger(pointer, debugger))
    }
}

extension Transfer {
    /// The transfer whose handle this is a callback's or CURLINFO_PRIVATE's pointer of.
    static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension String {
    var bracketed: String { contains(":") && !hasPrefix("[") ? "[\(self)]" : self }
}

internal import CMicrohttpd
internal import Matrix

/// What libmicrohttpd calls, on the threads of its connections. Outlives the daemon that it starts.
final class ServerEngine: Sendable {
    private static let discarded = 16
    private let limits: HTTPSServer.Limits
    private let handler: @Sendable (ServerRequest) -> ServerAnswer
    private let connections = ConnectionTable()

    init(limits: HTTPSServer.Limits, handler: @escaping @Sendable (ServerRequest) -> ServerAnswer) {
        self.limits = limits
        self.handler = handler
    }

    /// Starts a daemon, whose `listener` is from then on.
    func start(_ listener: CInt, _ identity: TLSIdentity) -> OpaquePointer? {
        let key = identity.keyPEM.map { CChar(bitPattern: $0) } + [0]
        let certificate = identity.certificatePEM.map { CChar(bitPattern: $0) } + [0]
        let daemon = cmhd_start(
            listener,
            Unmanaged.passUnretained(self).toOpaque(),
            Self.onAccess,
            Self.onTarget,
            Self.onCompleted,
            Self.onConnection,
            key,
            certificate,
            UInt32(limits.connections),
            UInt32(limits.ofOneAddress),
            UInt32(max(1, limits.idle.milliseconds / 1000))
        )
        if daemon != nil { connections.watch() }
        return daemon
    }

    func close() { connections.close() }

    // MARK: Callbacks

    private static let onTarget:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            _,
            uri,
            _ in
            let target = uri.map { String(cString: $0) } ?? ""
            return Unmanaged.passRetained(Upload(target: Text(target))).toOpaque()
        }

    private static let onAccess: MHD_AccessHandlerCallback = {
        context,
        connection,
        _,
        method,
        _,
        bytes,
        count,
        upload in
        guard let engine = at(context), let connection, let upload = Upload.at(upload?.pointee), let count else {
            return .NO
        }
        let part = UnsafeRawBufferPointer(start: bytes, count: count.pointee)
        count.pointee = 0
        return engine.take(part, upload, connection, method: method.map { String(cString: $0) } ?? "")
    }

    private static let onCompleted: MHD_RequestCompletedCallback = { context, connection, upload, _ in
        if let upload = upload?.pointee { Unmanaged<Upload>.fromOpaque(upload).release() }
        upload?.pointee = nil
        guard let engine = at(context), let connection else { return }
        let deadline = ContinuousClock.now + engine.limits.idle + engine.limits.request
        engine.connections.set(Int(bitPattern: connection), deadline: deadline)
    }

    private static let onConnection: MHD_NotifyConnectionCallback = { context, connection, _, event in
        guard let engine = at(context), let connection else { return }
        if event == .CONNECTION_NOTIFY_STARTED {
            engine.connections.open(
                Int(bitPattern: connection),
                socket: cmhd_socket(connection),
                deadline: .now + engine.limits.request
            )
        } else {
            engine.connections.closed(Int(bitPattern: connection))
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> ServerEngine? {
        context.map { Unmanaged<ServerEngine>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: A request

    /// libmicrohttpd calls once when the head is there, then for each part of the body, then once more without any.
    private func take(
        _ part: UnsafeRawBufferPointer,
        _ upload: Upload,
        _ connection: OpaquePointer,
        method: String
    ) -> MHD_Result {
        if !upload.hasBegun {
            upload.hasBegun = true
            // An answer can be given here or at the end, but not between.
            let length = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length")
            guard let length, Self.isOver(String(cString: length), limits.bodyBytes * Self.discarded) else {
                return .YES
            }
            return Answering(connection).queue(.tooLarge(limits.bodyBytes))
        }
        if !part.isEmpty {
            upload.take(part, limit: limits.bodyBytes)
            return upload.count <= limits.bodyBytes * Self.discarded ? .YES : .NO
        }
        connections.set(Int(bitPattern: connection), deadline: nil)
        let answering = Answering(connection)
        let answer =
            upload.count > limits.bodyBytes
            ? .tooLarge(limits.bodyBytes) : handler(answering.request(method: method, upload))
        connections.set(Int(bitPattern: connection), deadline: .now + limits.request)
        return answering.queue(answer)
    }

    private static func isOver(_ length: String, _ limit: Int) -> Bool {
        Int(length).map { $0 > limit } ?? true
    }
}

/// A request on its way. Touched by the thread of its connection alone.
final class Upload {
    let target: Text
    var hasBegun = false
    private(set) var body: [UInt8] = []
    private(set) var count = 0

    init(target: Text) { self.target = target }

    static func at(_ pointer: UnsafeMutableRawPointer?) -> Upload? {
        pointer.map { Unmanaged<Upload>.fromOpaque($0).takeUnretainedValue() }
    }

    func take(_ part: UnsafeRawBufferPointer, limit: Int) {
        count += part.count
        if count <= limit { body += part } else { body = [] }
    }
}

extension ServerAnswer {
    fileprivate static func tooLarge(_ limit: Int) -> ServerAnswer {
        ServerAnswer(
            status: 413,
            headers: [Header(name: "Connection", value: "close")],
            body: Array(#"{"errcode":"M_TOO_LARGE","error":"The body is longer than \#(limit) bytes"}"#.utf8)
        )
    }
}

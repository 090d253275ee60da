internal import CMicrohttpd
internal import Matrix

/// A request's connection, seen from the thread that answers it.
struct Answering {
    private let connection: OpaquePointer

    init(_ connection: OpaquePointer) { self.connection = connection }

    func request(method: String, _ upload: Upload) -> ServerRequest {
        ServerRequest(
            method: Text(method),
            target: upload.target,
            headers: headers(),
            body: upload.body,
            peer: SocketAddress(copying: cmhd_peer(connection))?.text ?? ""
        )
    }

    private func headers() -> [Header] {
        var headers: [Header] = []
        withUnsafeMutablePointer(to: &headers) { list in
            _ = MHD_get_connection_values_n(
                connection,
                .HEADER_KIND,
                { list, _, name, nameCount, value, valueCount in
                    list?.assumingMemoryBound(to: [Header].self).pointee
                        .append(Header(name: text(name, nameCount), value: text(value, valueCount)))
                    return .YES
                },
                list
            )
        }
        return headers
    }

    /// Hands the answer over; no means that the connection is closed without one.
    func queue(_ answer: ServerAnswer) -> MHD_Result {
        guard let response = response(answer) else { return .NO }
        defer { MHD_destroy_response(response) }
        for header in answer.headers { MHD_add_response_header(response, header.name.string, header.value.string) }
        if answer.headers.first(named: "content-type") == nil {
            MHD_add_response_header(response, "Content-Type", "application/json")
        }
        if answer.headers.first(named: "server") == nil { MHD_add_response_header(response, "Server", "fedjoin") }
        return MHD_queue_response(connection, UInt32(clamping: answer.status), response)
    }

    private func response(_ answer: ServerAnswer) -> OpaquePointer? {
        guard let cutAfter = answer.cutAfter else {
            var body = answer.body
            return body.withUnsafeMutableBytes {
                MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
            }
        }
        let cut = CutBody(Array(answer.body.prefix(max(0, cutAfter))))
        let context = Unmanaged.passRetained(cut).toOpaque()
        let size = UInt64(answer.body.count)
        return MHD_create_response_from_callback(size, 4096, CutBody.reader, context, CutBody.free)
    }
}

/// The beginning of a body. libmicrohttpd asks for it from the connection's thread alone.
private final class CutBody {
    private static let cut = -2  // MHD_CONTENT_READER_END_WITH_ERROR, which closes the connection
    static let reader: MHD_ContentReaderCallback = { cut, offset, buffer, room in
        guard let cut, let buffer else { return CutBody.cut }
        return Unmanaged<CutBody>.fromOpaque(cut).takeUnretainedValue().read(at: offset, into: buffer, room)
    }
    static let free: MHD_ContentReaderFreeCallback = { cut in
        if let cut { Unmanaged<CutBody>.fromOpaque(cut).release() }
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(at offset: UInt64, into buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let rest = bytes.dropFirst(Int(clamping: offset)).prefix(room)
        guard !rest.isEmpty else { return Self.cut }
        UnsafeMutableRawBufferPointer(start: buffer, count: room).copyBytes(from: rest)
        return rest.count
    }
}

private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Text {
    Text(String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self))
}

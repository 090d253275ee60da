internal import CCurl
internal import Matrix

/// What libcurl says of a transfer while it goes, in the lines that `curl -v` prints.
struct CurlTrace {
    private static let mostBytes = 65_536
    private(set) var lines: [Text] = []
    private var bytes = 0

    mutating func take(_ kind: curl_infotype, _ text: UnsafeRawBufferPointer) {
        switch kind {
        case CURLINFO_TEXT: add("* ", text)
        case CURLINFO_HEADER_OUT: add("> ", text)
        case CURLINFO_HEADER_IN: add("< ", text)
        case CURLINFO_DATA_OUT: add("} [\(text.count) bytes data]")
        case CURLINFO_DATA_IN: add("{ [\(text.count) bytes data]")
        default: break
        }
    }

    private mutating func add(_ lead: String, _ text: UnsafeRawBufferPointer) {
        for line in text.split(separator: 0x0A) {
            let words = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            add(lead + words)
        }
    }

    private mutating func add(_ line: String) {
        guard bytes < Self.mostBytes else { return }
        bytes += line.utf8.count
        lines.append(Text(bytes < Self.mostBytes ? line : "* the rest is not kept"))
    }
}

internal import CCurl

/// A libcurl easy handle and the memory that its options point to.
///
/// Not Sendable: made, used and freed on the transport's thread.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    /// The first option that this libcurl does not know: going on without it would be going on without a guard.
    private(set) var refusedOption: CURLoption?

    init() {
        guard let pointer = curl_easy_init() else { fatalError("no memory for a libcurl handle") }
        self.pointer = pointer
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        note(CURLOPT_ERRORBUFFER, ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, reason))
    }

    deinit {
        curl_easy_cleanup(pointer)
        for list in lists { curl_slist_free_all(list) }
        reason.deallocate()
    }

    /// libcurl's account of a failure, which is more exact than the code's.
    func words(_ code: CURLcode) -> String {
        let words = reason.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: reason)
        // Of a connection it says only that there was none; the system knows why.
        let errno = code == CURLE_COULDNT_CONNECT ? Int32(ccurl_get_long(pointer, CURLINFO_OS_ERRNO)) : 0
        guard errno != 0, let place = words.split(separator: " after ").first else { return words }
        return "\(place): \(String(cString: strerror(errno)))"
    }

    func set(_ option: CURLoption, _ value: Int) { note(option, ccurl_set_long(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: String?) { note(option, ccurl_set_string(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        note(option, ccurl_set_pointer(pointer, option, value))
    }

    /// Copied by libcurl.
    func set(_ option: CURLoption, blob: [UInt8]) {
        note(option, ccurl_set_blob(pointer, option, blob, blob.count))
    }

    func set(_ option: CURLoption, _ values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values { list = curl_slist_append(list, value) }
        if let list { lists.append(list) }
        note(option, ccurl_set_list(pointer, option, list))
    }

    /// Copies `body`, which may be empty.
    func set(body: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE, body.count)
        // libcurl wants a pointer even for no bytes.
        let bytes = body.isEmpty ? [0] : body
        let code = bytes.withUnsafeBytes {
            ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
        note(CURLOPT_COPYPOSTFIELDS, code)
    }

    func note(_ option: CURLoption, _ code: CURLcode) {
        if code != CURLE_OK, refusedOption == nil { refusedOption = option }
    }

    func long(_ info: CURLINFO) -> Int { ccurl_get_long(pointer, info) }
    func string(_ info: CURLINFO) -> String? { ccurl_get_string(pointer, info).map { String(cString: $0) } }
    func milliseconds(_ info: CURLINFO) -> Double { Double(ccurl_get_offset(pointer, info)) / 1000 }
}

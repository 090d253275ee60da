internal import CCurl
package import Matrix

/// Dates of HTTP headers, as libcurl reads them.
package enum HTTPDate {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since 1970, or nil where `text` is no date.
    package static func milliseconds(_ text: Text) -> Int? {
        let seconds = curl_getdate(text.string, nil)
        return seconds < 0 ? nil : Int(seconds) * 1000
    }
}

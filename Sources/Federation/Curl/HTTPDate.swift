internal import CCurl
package import Matrix

/// Dates of HTTP headers, as libcurl reads them.
package enum HTTPDate {
    /// The first second that has a year of five digits, which no header can have (RFC 9110, section 5.6.7): libcurl reads
    /// years up to 2147483647, of which no sum of milliseconds can be made.
    private static let end = 253_402_300_800

    /// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since 1970, or nil where `text` is no date.
    package static func milliseconds(_ text: Text) -> Int? {
        let seconds = curl_getdate(text.string, nil)
        return (0..<end).contains(Int(seconds)) ? Int(seconds) * 1000 : nil
    }
}

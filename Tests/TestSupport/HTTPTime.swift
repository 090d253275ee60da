internal import Foundation
package import Matrix

/// Times as HTTP writes them.
package enum HTTPTime {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` of milliseconds since 1970.
    package static func text(_ milliseconds: Int) -> Text {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return Text(format.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000)))
    }
}

/// Remote text within a sentence of ours.
package enum Quoting {
    /// `text` in quotes, cut to `limit` characters. Not yet safe for a terminal: what prints it escapes it.
    package static func quoted(_ text: Text, limit: Int = 100) -> String {
        let scalars = text.string.unicodeScalars
        guard scalars.count > limit else { return "\"\(text)\"" }
        return "\"\(String(String.UnicodeScalarView(scalars.prefix(limit))))...\""
    }
}

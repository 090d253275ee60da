/// Remote text within a sentence of ours.
package enum Quoting {
    /// `text` in quotes, cut to 100 characters. Not yet safe for a terminal: what prints it escapes it.
    package static func quoted(_ text: Text) -> String {
        let scalars = text.string.unicodeScalars
        guard scalars.count > 100 else { return "\"\(text)\"" }
        return "\"\(String(String.UnicodeScalarView(scalars.prefix(100))))...\""
    }
}

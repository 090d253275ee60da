/// Why we ourselves end a transfer, or never start it.
struct Refusal: Error, Equatable {
    let kind: TransportError.Kind
    let words: String

    init(_ kind: TransportError.Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }
}

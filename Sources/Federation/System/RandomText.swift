package import Matrix

/// Random letters and digits from the system's generator, for what must not be guessed or must not recur.
package enum RandomText {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    package static func make(_ count: Int) -> Text {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? alphabet[0] }
        return Text(String(decoding: bytes, as: UTF8.self))
    }

    /// The 32 bytes of a new key.
    package static func seed() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

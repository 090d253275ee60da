/// The text of a signing key file: as Synapse writes it, one line `ed25519 VERSION SEED`, or as Dendrite does, in PEM.
package enum KeyFile {
    /// Why a text is no key file; it never says anything of what the text holds.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Reads a key file of one key. Blank lines and lines with `#` first are passed over.
    package static func parse(_ bytes: [UInt8]) throws(Failure) -> SigningKey {
        guard bytes.count <= 4096, let text = Text(validating: bytes) else {
            throw Failure(description: "it is not a short text file")
        }
        if PEMKeyFile.isPEM(text) { return try PEMKeyFile.parse(text) }
        let lines = text.utf8.split { $0 == 0x0A || $0 == 0x0D }.map { $0.split { $0 == 0x20 || $0 == 0x09 } }
            .filter { line in line.first.map { $0.first != UInt8(ascii: "#") } ?? false }
        guard let line = lines.first else { throw Failure(description: "it is empty") }
        guard lines.count == 1 else { throw Failure(description: "it holds \(lines.count) keys where one is due") }
        guard line.count == 3 else {
            throw Failure(description: "its line is not of the form \"ed25519 VERSION SEED\"")
        }
        return try key(line.map { Text(String(decoding: $0, as: UTF8.self)) })
    }

    private static func key(_ words: [Text]) throws(Failure) -> SigningKey {
        guard words[0] == "ed25519" else { throw Failure(description: "its algorithm is not ed25519") }
        guard let id = KeyID(Text("ed25519:" + words[1].string)) else {
            throw Failure(description: "its key version has other characters than letters, digits and _")
        }
        guard let seed = Base64.decodeSecret(words[2]), let key = SigningKey(id: id, seed: seed) else {
            throw Failure(description: "its seed is not 32 bytes in base64")
        }
        return key
    }

    /// The line for a key of `version` and `seed`, its line end included.
    package static func text(version: Text, seed: [UInt8]) -> [UInt8] {
        Array("ed25519 \(version) \(Base64.encode(seed))\n".utf8)
    }
}

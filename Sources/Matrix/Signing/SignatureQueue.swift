/// Signatures that are verified one right after the other, once some events were read: what verifies them stays in the
/// processor's caches then. Keys, signatures and messages are copied into one list, so that cores which verify with the
/// same keys count no references to them.
package struct SignatureQueue: Sendable {
    private struct Entry {
        let place: Int
        /// Where its key begins in `bytes`, which its signature and its message follow.
        let start: Int
    }

    private var entries: [Entry] = []
    private var bytes: [UInt8] = []

    /// So many bytes are enough; an event adds at most what it has itself, for each server that has to sign it.
    private static let most = 256 << 10

    package init() {}

    package var isFull: Bool { bytes.count >= Self.most }

    /// Has the signature verified later, as one of what stands at `place`; false where it is none by its size.
    package mutating func add(_ place: Int, _ key: VerifyKey, _ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == VerifyKey.signatureSize else { return false }
        entries.append(Entry(place: place, start: bytes.count))
        key.append(to: &bytes)
        bytes += signature
        bytes += message
        return true
    }

    /// Verifies all and lets go of them: the places of those that are wrong.
    package mutating func wrongPlaces() -> Set<Int> {
        var wrong: Set<Int> = []
        bytes.withUnsafeBufferPointer { bytes in
            for (i, entry) in entries.enumerated() {
                let end = i + 1 < entries.count ? entries[i + 1].start : bytes.count
                if !VerifyKey.verifies(bytes.extracting(entry.start..<end)) { wrong.insert(entry.place) }
            }
        }
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        return wrong
    }
}

import TestSupport
import Testing

@testable import Matrix

@Suite struct SignatureQueueTests {
    private func signed(_ number: Int) throws -> CanonicalJSON { try CanonicalJSON(["n": .integer(number)] as JSON) }

    @Test func `each wrong signature is told by its place, and the queue is empty after it`() throws {
        var queue = SignatureQueue()
        for number in 0..<20 {
            let message = try signed(number)
            var signature = Sample.key.signature(of: message)
            if number % 7 == 3 { signature[number] ^= 1 }
            let key = number == 5 ? Sample.otherKey.publicKey : Sample.key.publicKey
            let wasAdded = queue.add(number, key, signature, of: message.bytes)
            #expect(wasAdded)
        }
        #expect(queue.wrongPlaces() == [3, 5, 10, 17])
        #expect(queue.wrongPlaces() == [])
    }

    @Test func `what stands at a place is wrong where one of its signatures is`() throws {
        var queue = SignatureQueue()
        let (message, other) = (try signed(1), try signed(2))
        for message in [message, other] {
            let wasAdded = queue.add(8, Sample.key.publicKey, Sample.key.signature(of: message), of: other.bytes)
            #expect(wasAdded)
        }
        #expect(queue.wrongPlaces() == [8])
    }

    @Test(arguments: [0, 1, 63, 65, 128])
    func `what cannot be a signature is not taken, and moves no other`(count: Int) throws {
        var queue = SignatureQueue()
        let message = try signed(1)
        let wasAdded = queue.add(0, Sample.key.publicKey, [UInt8](repeating: 1, count: count), of: message.bytes)
        #expect(!wasAdded)
        let isAdded = queue.add(1, Sample.key.publicKey, Sample.key.signature(of: message), of: message.bytes)
        #expect(isAdded)
        #expect(queue.wrongPlaces() == [])
    }

    @Test func `an empty message is one`() throws {
        let (_, key, message, signature) = Ed25519Tests.standard[0]
        var queue = SignatureQueue()
        let pair = (try #require(VerifyKey(base64: key)), try #require(Base64.decode(signature)))
        let wasAdded = queue.add(0, pair.0, pair.1, of: message)
        #expect(wasAdded)
        #expect(queue.wrongPlaces() == [])
    }

    @Test func `it is full once it has more than a few large events`() throws {
        var queue = SignatureQueue()
        let message = [UInt8](repeating: 0, count: PDU.maximumSize)
        var count = 0
        while !queue.isFull {
            let wasAdded = queue.add(count, Sample.key.publicKey, [UInt8](repeating: 0, count: 64), of: message)
            #expect(wasAdded)
            count += 1
        }
        #expect(count == 4)
        #expect(queue.wrongPlaces() == [0, 1, 2, 3])
        #expect(!queue.isFull)
    }
}

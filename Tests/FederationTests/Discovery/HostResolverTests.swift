import Matrix
import Testing

@testable import Federation

@Suite struct HostResolverTests {
    /// Answers with the number of the question, and with nothing where it is odd and `fails`.
    private func counting(_ asked: Locked<[Text]>, fails: Bool = false) -> HostResolver {
        HostResolver { name in
            let number = asked.withLock { asked in
                asked.append(name)
                return asked.count
            }
            return fails && number % 2 == 1
                ? .failure(NameError(description: "no")) : .success([Text("192.0.2.\(number)")])
        }
    }

    @Test func `that remembers asks once for a name, and again when the time is over`() async {
        let asked = Locked<[Text]>([])
        let lasting = counting(asked).remembering(for: .seconds(600))
        for _ in 0..<3 {
            #expect(await lasting.addresses("a.example") == .success(["192.0.2.1"]))
            #expect(await lasting.addresses("b.example") == .success(["192.0.2.2"]))
        }
        #expect(asked.withLock { $0 } == ["a.example", "b.example"])
        let brief = counting(asked).remembering(for: .zero)
        #expect(await brief.addresses("a.example") == .success(["192.0.2.3"]))
        #expect(await brief.addresses("a.example") == .success(["192.0.2.4"]))
    }

    @Test func `that remembers asks again for what failed`() async {
        let asked = Locked<[Text]>([])
        let resolver = counting(asked, fails: true).remembering()
        #expect(await resolver.addresses("a.example") == .failure(NameError(description: "no")))
        for _ in 0..<2 { #expect(await resolver.addresses("a.example") == .success(["192.0.2.2"])) }
        #expect(asked.withLock { $0.count } == 2)
    }

    @Test func `that remembers many names forgets them all once they are too many`() async {
        let asked = Locked<[Text]>([])
        let resolver = counting(asked).remembering(most: 2)
        for name: Text in ["a", "b", "a", "b", "c", "a"] { _ = await resolver.addresses(name) }
        #expect(asked.withLock { $0 } == ["a", "b", "c", "a"])
    }
}

internal import Matrix

/// A user's names, which change now and then.
struct Profile {
    let localpart: String
    private let name: String
    private let avatar: Text?

    private static let syllables = ["ka", "lo", "mi", "ra", "ten", "su", "vo", "bel", "an", "dri", "po", "shi"]
    private static let words = [
        "Jos\u{E9}", "J\u{FC}rgen", "\u{10C}apek", "\u{418}\u{432}\u{430}\u{43D}", "\u{5F20}\u{4F1F}",
        "\u{1F431} cat", "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}", "na\u{EF}ve \"quote\"", "\u{645}\u{631}\u{64A}\u{645}",
    ]

    init(_ number: Int, _ random: inout Random) {
        let word = (0..<2 + random.below(3)).map { _ in random.pick(Self.syllables) }.joined()
        localpart = "\(word)\(number)"
        name = random.happens(20) ? "\(random.pick(Self.words)) \(word)" : word
        avatar = random.happens(75) ? Text("mxc://media\(number % 97).example.org/\(random.letters(24))") : nil
    }

    /// The content of the user's membership number `index`, a join.
    func content(_ index: Int) -> JSON.Object {
        var content: JSON.Object = ["membership": "join"]
        content["displayname"] = .string(Text(index == 0 ? name : "\(name) \(index)"))
        if let avatar { content["avatar_url"] = .string(avatar) }
        return content
    }
}

/// A command and its options, each with a value.
struct Arguments {
    let command: String
    private var values: [String: String] = [:]

    init(_ words: ArraySlice<String>) throws {
        guard let command = words.first else { throw Trouble("a command is missing") }
        self.command = command
        var rest = words.dropFirst()
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { throw Trouble("\(name) takes a value") }
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String, _ otherwise: String? = nil) throws -> String {
        guard let value = values[name] ?? otherwise else { throw Trouble("--\(name) is missing") }
        return value
    }

    func number(_ name: String, _ otherwise: Int? = nil) throws -> Int {
        guard let value = Int(try text(name, otherwise.map { String($0) })), value > 0 else {
            throw Trouble("--\(name) takes a number above 0")
        }
        return value
    }
}

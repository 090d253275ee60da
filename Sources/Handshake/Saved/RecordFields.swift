internal import Federation
internal import Matrix

/// The members of a record that was saved, each of which has to be of its kind: the file may be anybody's.
struct RecordFields {
    let object: JSON.Object

    init(_ object: JSON.Object) { self.object = object }

    init(_ value: JSON?) throws(FileFault) {
        guard let object = value?.object else { throw FileFault("it has no object where one is due") }
        self.object = object
    }

    subscript(key: Text) -> JSON? { object[key] == .null ? nil : object[key] }

    func text(_ key: Text) throws(FileFault) -> Text { try due(key, object[key]?.text) }
    func string(_ key: Text) throws(FileFault) -> String { try text(key).string }
    func integer(_ key: Text) throws(FileFault) -> Int { try due(key, optionalInteger(key)) }

    /// Of a size with which reports can reckon.
    func optionalInteger(_ key: Text) -> Int? {
        object[key]?.integer.flatMap { $0.magnitude <= 1 << 53 ? $0 : nil }
    }

    func bool(_ key: Text) throws(FileFault) -> Bool { try due(key, object[key]?.bool) }
    func list(_ key: Text) throws(FileFault) -> [JSON] { try due(key, object[key]?.array) }
    func fields(_ key: Text) throws(FileFault) -> RecordFields { RecordFields(try due(key, object[key]?.object)) }

    func texts(_ key: Text) throws(FileFault) -> [Text] {
        let list = try list(key)
        let texts = list.compactMap(\.text)
        return try due(key, texts.count == list.count ? texts : nil)
    }

    func pairs(_ key: Text) throws(FileFault) -> [(Text, Text)] {
        let list = try list(key)
        let pairs = list.compactMap { pair -> (Text, Text)? in
            guard let pair = pair.array, pair.count == 2, let first = pair[0].text, let second = pair[1].text else {
                return nil
            }
            return (first, second)
        }
        return try due(key, pairs.count == list.count ? pairs : nil)
    }

    /// A number of at most some digits, also one that stands as a text to keep all of them.
    func decimal(_ key: Text) throws(FileFault) -> Double { try due(key, optionalDecimal(key)) }

    func optionalDecimal(_ key: Text) -> Double? {
        let number: Double? =
            switch object[key] {
            case .integer(let number): Double(number)
            case .number(let text), .string(let text): Double(text.string)
            default: nil
            }
        return number.flatMap { $0.magnitude < 1e12 ? $0 : nil }
    }

    func value<Value>(_ key: Text, _ read: (Text) -> Value?) throws(FileFault) -> Value {
        try due(key, read(try text(key)))
    }

    /// Nil where there is none.
    func optional<Value>(_ key: Text, _ read: (Text) -> Value?) throws(FileFault) -> Value? {
        guard self[key] != nil else { return nil }
        return try value(key, read)
    }

    func stage(_ key: Text = "stage") throws(FileFault) -> Stage { try value(key) { Stage(rawValue: $0.string) } }

    func server(_ key: Text = "server") throws(FileFault) -> ServerName { try value(key) { ServerName($0) } }

    /// Bytes, as text or in base64; nil for null.
    func bytes(_ key: Text) throws(FileFault) -> [UInt8]? {
        guard let value = self[key] else { return nil }
        return try due(key, value.text?.bytes ?? value["base64"]?.text.flatMap { Base64.decode($0) })
    }

    private func due<Value>(_ key: Text, _ value: Value?) throws(FileFault) -> Value {
        guard let value else { throw FileFault("its \(key) is missing or not what it has to be") }
        return value
    }
}

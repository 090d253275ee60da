/// A JSON value: members sorted by the bytes of their keys, integers exact, every other number as it was written.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    /// A number that is not an integer of 64 bits in plain digits (`1.0`, `1e3`, `-0`, 20 digits), as it was written.
    case number(Text)
    case string(Text)
    case array([JSON])
    case object(Object)

    package struct Member: Sendable, Hashable {
        package let key: Text
        package var value: JSON
    }

    /// The members of an object, sorted by key, no key twice.
    package struct Object: Sendable, Hashable {
        package private(set) var members: [Member]

        package init() { members = [] }

        /// The object of `members` in any order, or nil where a key stands twice.
        package init?(_ members: [Member]) {
            self.members = members
            if !Self.ascends(members) {
                self.members.sort { $0.key < $1.key }
                guard Self.ascends(self.members) else { return nil }
            }
        }

        private static func ascends(_ members: [Member]) -> Bool {
            members.indices.dropFirst().allSatisfy { members[$0 - 1].key < members[$0].key }
        }

        package subscript(key: Text) -> JSON? {
            get {
                // Of few, most are told apart by their length.
                guard members.count > 8 else { return members.first { $0.key == key }?.value }
                let at = position(of: key)
                return at < members.count && members[at].key == key ? members[at].value : nil
            }
            set {
                let at = position(of: key)
                let found = at < members.count && members[at].key == key
                switch (found, newValue) {
                case (true, let value?): members[at].value = value
                case (true, nil): members.remove(at: at)
                case (false, let value?): members.insert(Member(key: key, value: value), at: at)
                case (false, nil): break
                }
            }
        }

        /// The same object with only the members whose keys `isKept` admits.
        package func filter(_ isKept: (Text) -> Bool) -> Object {
            var kept = Object()
            kept.members = members.filter { isKept($0.key) }
            return kept
        }

        private func position(of key: Text) -> Int {
            var low = 0
            var high = members.count
            while low < high {
                let middle = (low + high) / 2
                if members[middle].key < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}

extension JSON {
    package subscript(key: Text) -> JSON? { object?[key] }
    package var text: Text? { if case .string(let text) = self { text } else { nil } }
    package var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
    package var object: Object? { if case .object(let object) = self { object } else { nil } }
    package var integer: Int? { if case .integer(let integer) = self { integer } else { nil } }
    package var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
}

extension JSON.Object: ExpressibleByDictionaryLiteral {
    /// The last of two equal keys counts: literals are ours, never a remote's.
    package init(dictionaryLiteral elements: (Text, JSON)...) {
        self.init()
        for (key, value) in elements { self[key] = value }
    }
}

// Not by `nil`: `isThere ? value : nil` would then be null where a value is absent.
extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(Text(value)) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (Text, JSON)...) {
        var object = Object()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

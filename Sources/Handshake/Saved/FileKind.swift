package import Matrix

/// What a file is that another stage wrote than the one that was due, by what only such a file has in it.
package enum FileKind {
    /// A sentence about `value` that goes after the file's name; nil where it is nothing that is known here.
    static func sentence(_ value: JSON) -> String? {
        // Version 1 of the interface answers with a pair.
        let whole = value.array.flatMap { $0.count == 2 ? $0[1] : nil } ?? value
        guard let object = whole.object else { return nil }
        if let errcode = object["errcode"]?.text { return error(errcode, object["error"]?.text) }
        if object["v"]?.integer != nil, object["records"]?.array != nil || object["type"] == "run_end" {
            return "it is the report of a run, as -o json and -o ndjson print it"
        }
        return kinds.first { kind in kind.members.allSatisfy { object[$0] != nil } }?.sentence
    }

    private static let kinds: [(members: [Text], sentence: String)] = [
        (["state", "auth_chain"], "it is an answer to send_join: fedjoin verify takes it"),
        (["room_id", "servers"], "it is an answer for an alias: fedjoin make-join takes its room_id"),
        (["server_keys"], "it is a list of keys: fedjoin verify --keys takes it"),
        (["server_name", "verify_keys"], "it is a server's keys: fedjoin verify --keys takes them"),
    ]

    private static func error(_ errcode: Text, _ words: Text?) -> String {
        "it is an error, \(errcode)\(words.map { ": \(Quoting.quoted($0, limit: 300))" } ?? "")"
    }
}

extension FileFault {
    /// What keeps `value` from being taken for `what`, which is an object that has one of `members`; nil for nothing.
    package init?(_ value: JSON, isNo what: String, without members: [Text]) {
        if let sentence = FileKind.sentence(value) {
            self.init(sentence)
        } else if value.object == nil {
            self.init("it is no \(what): not an object")
        } else if !members.contains(where: { value[$0] != nil }) {
            self.init("it is no \(what): it has \(members.map { "no \($0)" }.joined(separator: " and "))")
        } else {
            return nil
        }
    }
}

internal import Federation
internal import Matrix

/// A room of the sandbox that keeps a joiner out, or waiting, or hands it something broken, as servers do.
///
/// Words and codes are Synapse's own, so that scripts can be rehearsed against them.
struct Trouble: Sendable {
    /// The request that goes wrong.
    enum Place: String, Sendable {
        case directory = "v1/query"
        case makeJoin = "v1/make_join"
        case sendJoin = "v2/send_join"
    }

    /// What is answered in place of `right`, which makes the answer that lets in.
    typealias Change =
        @Sendable (_ call: Endpoints.Call, _ right: () throws(Denial) -> ServerAnswer) throws(Denial) -> ServerAnswer

    let alias: String
    let place: Place
    /// What it does, for people.
    let what: String
    /// The exit status of a join.
    let exit: Int
    /// Whether every second request is answered rightly, which is what --retry is for.
    var passes = false
    /// Whether the next path with an encoded `/` is refused, too, as behind a proxy that decodes paths.
    var spoilsPaths = false
    /// Whether the room's power levels have others before them.
    var setsLevelsTwice = false
    /// Whether what the answer lacks is handed out when it is asked for.
    var mendsGaps = false
    var rule = SandboxRoom.Rule.open
    let change: Change

    /// Of a plain refusal. `words` may speak of who asks, and for what.
    static func refusal(
        _ alias: String, _ place: Place, _ exit: Int, _ what: String, _ status: Int, _ errcode: Text,
        more: JSON.Object = [:], retryAfter: Int? = nil, passes: Bool = false, spoilsPaths: Bool = false,
        rule: SandboxRoom.Rule = .open, _ words: @escaping @Sendable (Endpoints.Call) -> String
    ) -> Trouble {
        Trouble(
            alias: alias, place: place, what: what, exit: exit, passes: passes, spoilsPaths: spoilsPaths, rule: rule
        ) {
            call, _ throws(Denial) in
            throw Denial(
                status: status, errcode: errcode, words: words(call), more: more,
                headers: retryAfter.map { [Header(name: "Retry-After", value: Text("\($0)"))] } ?? [])
        }
    }

    /// Of an answer that no homeserver gives: a web server's page.
    static func page(_ alias: String, _ exit: Int, _ what: String, _ status: Int, _ title: String) -> Trouble {
        Trouble(alias: alias, place: .makeJoin, what: what, exit: exit) { _, _ throws(Denial) in
            let body = "<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>"
            return ServerAnswer(
                status: status, headers: [Header(name: "Content-Type", value: "text/html")], body: Array(body.utf8))
        }
    }

    /// Of a right answer with something changed in it.
    static func changed(
        _ alias: String, _ place: Place, _ exit: Int, _ what: String, setsLevelsTwice: Bool = false,
        mendsGaps: Bool = false,
        _ change: @escaping @Sendable (inout JSON.Object) -> Void
    ) -> Trouble {
        Trouble(
            alias: alias, place: place, what: what, exit: exit, setsLevelsTwice: setsLevelsTwice, mendsGaps: mendsGaps
        ) {
            _, right throws(Denial) in
            let answer = try right()
            guard var object = (try? JSON(parsing: answer.body))?.object else { return answer }
            change(&object)
            return .json(answer.status, .object(object))
        }
    }
}

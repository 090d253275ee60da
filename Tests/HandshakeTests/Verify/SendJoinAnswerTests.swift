import Federation
import Matrix
import Testing

@testable import Handshake

/// Where the parts of an answer lie.
@Suite struct SendJoinAnswerTests {
    private func cut(_ text: String, isV1: Bool = false) throws -> (SendJoinAnswer, Blob) {
        let body = Blob(Array(text.utf8))
        return (try SendJoinAnswer(cutting: body, isV1: isV1), body)
    }

    private static let whole =
        #"{"x":[1,{"state":7}],"state":[{"a":1}, {"b":[]}],"event":{"e":"]"},"auth_chain":[ ],"servers_in_room":["a"]}"#

    @Test(arguments: [false, true])
    func `each part is found at the top alone`(isV1: Bool) throws {
        let (answer, body) = try cut(isV1 ? " [ 200 , \(Self.whole) ] " : Self.whole, isV1: isV1)
        #expect(answer.state.map { String(decoding: body[$0], as: UTF8.self) } == [#"{"a":1}"#, #"{"b":[]}"#])
        #expect(answer.authChain.isEmpty)
        #expect(answer.event.map { String(decoding: body[$0], as: UTF8.self) } == #"{"e":"]"}"#)
        #expect(answer.serversInRoom.flatMap { body.names(in: $0) } == [.named("a")])
        #expect(!answer.membersOmitted)
    }

    @Test func `what need not be there may be missing`() throws {
        let (answer, _) = try cut(#"{"auth_chain":[],"state":[]}"#)
        #expect(answer.event == nil && answer.serversInRoom == nil && !answer.membersOmitted)
    }

    @Test(arguments: [("true", true), ("false", false), ("\"true\"", false), ("1", false), ("null", false)])
    func `members are left out where it says true`(value: String, isOmitted: Bool) throws {
        let (answer, _) = try cut("{\"members_omitted\": \(value) ,\"auth_chain\":[],\"state\":[]}")
        #expect(answer.membersOmitted == isOmitted)
    }

    @Test(arguments: ["[\"a\", 7]", "[\"no name\"]", "{}", "\"a\"", "7", "null"])
    func `servers are a list of names, or none`(value: String) throws {
        let (answer, body) = try cut("{\"servers_in_room\":\(value),\"auth_chain\":[],\"state\":[]}")
        #expect(body.names(in: try #require(answer.serversInRoom)) == nil)
    }

    static let wrong = [
        "", "7", "[]", "null", "{}", #"{"state":[]}"#, #"{"auth_chain":[]}"#, #"{"state":{},"auth_chain":[]}"#,
        #"{"state":[],"state":[],"auth_chain":[]}"#, #"{"state":[],"auth_chain":[]}x"#, #"{"state":[],"auth_chain":["#,
        #"[200,{"state":[],"auth_chain":[]}]"#,
    ]

    @Test(arguments: wrong)
    func `anything else is no answer`(text: String) {
        #expect(throws: JSONError.self) { try cut(text) }
    }

    @Test(arguments: [
        #"{"state":[],"auth_chain":[]}"#, "[200]", "[]", "[200,7]", #"[200,{"state":[],"auth_chain":[]},1]"#,
    ])
    func `nor is what is no pair, where one is due`(text: String) {
        #expect(throws: JSONError.self) { try cut(text, isV1: true) }
    }
}

import Testing

@testable import Matrix

@Suite struct JSONTests {
    static let object: JSON.Object = ["b": 2, "a": 1, "c": ["d": "e"]]

    @Test func `an object's members are sorted by the bytes of their keys`() throws {
        let members = ["\u{E9}", "b", "e\u{301}", "", "\u{1F600}", "\u{FF5E}"].map {
            JSON.Member(key: Text($0), value: 1)
        }
        let object = try #require(JSON.Object(members))
        #expect(object.members.map(\.key) == ["", "b", "e\u{301}", "\u{E9}", "\u{FF5E}", "\u{1F600}"])
    }

    @Test func `an object has no key twice`() {
        let member = JSON.Member(key: "a", value: 1)
        #expect(JSON.Object([member, JSON.Member(key: "b", value: 1), member]) == nil)
        #expect(JSON.Object([member, member]) == nil)
    }

    @Test func `a member is read, set, replaced and taken out by its key`() {
        var object = Self.object
        #expect(object["a"] == 1)
        #expect(object["aa"] == nil)
        object["aa"] = true
        object["b"] = nil
        object["a"] = 3
        object["zz"] = nil
        #expect(object == ["a": 3, "aa": true, "c": ["d": "e"]])
    }

    @Test func `null is a value and not an absence`() {
        var object: JSON.Object = ["a": .null]
        #expect(object["a"] == .null)
        object["a"] = nil
        #expect(object["a"] == nil)
        #expect(object.members.isEmpty)
    }

    @Test func `keeps the members whose keys are admitted`() {
        #expect(Self.object.filter { $0 != "b" } == ["a": 1, "c": ["d": "e"]])
    }

    @Test func `a value is what it is and nothing else`() {
        let value: JSON = ["text": "t", "integer": 5, "bool": true, "array": [1], "object": [:]]
        #expect(value["text"]?.text == "t")
        #expect(value["integer"]?.integer == 5)
        #expect(value["bool"]?.bool == true)
        #expect(value["array"]?.array == [1])
        #expect(value["object"]?.object == [:])
        for key: Text in ["text", "integer", "bool", "array", "object"] {
            let found = value[key]
            let readings = [
                found?.text != nil, found?.integer != nil, found?.bool != nil, found?.array != nil,
                found?.object != nil,
            ]
            #expect(readings.count { $0 } == 1)
        }
        #expect(JSON.string("a")["a"] == nil)
    }
}

import Federation
import Foundation
import Matrix
import TestSupport
import Testing

@testable import Handshake
@testable import Reporting

@Suite struct HARReportTests {
    private func log(_ records: [Record]) throws -> JSON {
        var report = HARReport()
        for record in records { report.take(record) }
        #expect(report.document.unicodeScalars.allSatisfy { $0.isASCII })
        return try #require(try JSON(parsing: Array(report.document.utf8))["log"])
    }

    private func entry(
        _ request: Request, _ answering: @escaping FakeTransport.Answering
    ) async throws -> JSON {
        let record = try #require(await Sample.exchange(request, answering))
        let entries = try log([Sample.record(.runStart(Sample.start)), record])["entries"]?.array ?? []
        #expect(entries.count == 1)
        return try #require(entries.first)
    }

    @Test func `an archive has a page for each stage, and each request on its own`() async throws {
        let exchange = try #require(await Sample.exchange(Sample.signed(.get, "/a")) { _ in .text("{}") })
        let began = Sample.records { $0.begin(.makeJoin, "template") }
        let log = try log([Sample.record(.runStart(Sample.start))] + began + [exchange])
        #expect(log["pages"]?.array?.map { $0["id"] } == ["1_make_join"])
        #expect(log["entries"]?.array?.first?["pageref"] == "1_make_join")
        #expect(log["version"] == "1.2")
    }

    @Test func `a request has its address, its query and its body`() async throws {
        var request = Sample.signed(.put, "/a%20b?room_alias=%23x%3Ay&flag")
        request.port = 8448
        request.body = Array("{\"a\":1}".utf8)
        let asked = try #require(try await entry(request) { _ in .text("{}") }["request"])
        #expect(asked["url"] == "https://a.example:8448/a%20b?room_alias=%23x%3Ay&flag")
        #expect(
            asked["queryString"] == [["name": "room_alias", "value": "#x:y"], ["name": "flag", "value": ""]])
        #expect(asked["postData"]?["text"] == "{\"a\":1}")
        #expect(asked["bodySize"] == 7)
    }

    @Test func `no signature of a request is in it`() async throws {
        let request = Sample.signed(.get, "/a")
        let headers = try await entry(request) { _ in .text("{}") }["request"]?["headers"]?.array ?? []
        let value = headers.first { $0["name"] == "Authorization" }?["value"]?.text?.string ?? ""
        #expect(value.contains("[redacted]") && !value.contains("AAAA"))
    }

    static let bodies: [(Blob, JSON, JSON?)] = [
        (Blob(Array("<h1>é".utf8)), "<h1>é", nil), (Blob([0xFF, 0xFE]), "//4=", "base64"),
        (Blob([0xFF, 0xFE, 0xFD]), "//79", "base64"), (Blob([]), "", nil),
    ]

    @Test(arguments: bodies)
    func `a body is text, or base64 where it is none`(body: Blob, text: JSON, encoding: JSON?) async throws {
        let answer = Response(status: 200, body: body)
        let entry = try await entry(Sample.signed(.get, "/a")) { _ in answer }
        let content = try #require(entry["response"]?["content"])
        #expect(content["text"] == text)
        #expect(content["encoding"] == encoding)
        #expect(content["size"] == .integer(body.count))
    }

    @Test func `a request without an answer has one of status 0, and says why`() async throws {
        let entry = try await entry(Sample.signed(.get, "/a")) { _ throws(TransportError) in
            throw TransportError(kind: .connect, description: "refused")
        }
        #expect(entry["response"]?["status"] == 0)
        #expect(entry["response"]?["_error"] == "refused")
        #expect(entry["comment"] == "refused")
    }

    @Test func `phases are one to one, and what did not happen is -1`() async throws {
        var exchange = Exchange()
        exchange.timings = Timings(dns: 1, tcp: 2, tls: 3, wait: 4, receive: 5.5)
        exchange.remote = "[2001:db8::1]:443"
        let answer = Response(status: 200, body: Blob([]), exchange: exchange)
        let all = try await entry(Sample.signed(.get, "/a")) { _ in answer }
        let due: [Text: JSON] = [
            "blocked": -1, "dns": .number("1.0"), "connect": .number("5.0"), "ssl": .number("3.0"), "send": 0,
            "wait": .number("4.0"), "receive": .number("5.5"),
        ]
        for (phase, time) in due { #expect(all["timings"]?[phase] == time, "\(phase)") }
        #expect(all["time"] == .number("15.5"))
        #expect(all["serverIPAddress"] == "2001:db8::1")
        let none = try await entry(Sample.signed(.get, "/a")) { _ in .text("") }
        #expect(none["timings"]?["dns"] == -1 && none["timings"]?["connect"] == -1)
    }

    @Test func `a run that is shown again has the same archive`() async throws {
        var exchange = Exchange()
        exchange.timings = Timings(dns: 0.249, tcp: 0.26, tls: 0.26, wait: 1.26, receive: 1.26)
        let answer = Response(status: 200, body: Blob([]), exchange: exchange)
        let record = try #require(await Sample.exchange(Sample.signed(.get, "/a")) { _ in answer })
        let line = Array(SavedRecord.line(record).utf8)
        let read = try #require(try RecordReader(answer: nil).record(line))
        #expect(try log([read]) == log([record]))
    }
}

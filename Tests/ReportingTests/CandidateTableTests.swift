import Federation
import Matrix
import TestSupport
import Testing

@testable import Handshake
@testable import Reporting

@Suite struct CandidateTableTests {
    private static let gone: CandidateAttempt = {
        let server = ServerName("gone.example")!
        return Failure(.makeJoin, .connect, "x", server: server).attempt(server, 1003.6)
    }()
    private static let refusing = Sample.refusal.attempt(Sample.server, 8)

    @Test func `the servers that were asked are shown together where the stage ends`() {
        let records = Sample.records { journal in
            journal.record(.candidate(Self.gone))
            journal.record(.candidate(Self.refusing))
            journal.end(.makeJoin, .fail, Sample.refusal)
        }
        var report = TextReport()
        let outputs = records.map { report.render($0).transcript }
        #expect(outputs.dropLast() == [[], []])
        #expect(
            outputs.last?.dropLast() == [
                "=== candidate     stage      answer           time           rule",
                "=== gone.example  make_join  connect          1004 ms  next  no whole answer: another may give one",
                "=== a.example     make_join  403 M_FORBIDDEN  8 ms     stop  a refusal that speaks for the room",
            ])
        #expect(outputs.last?.last?.hasPrefix("=== make_join: FAILED, ") == true)
    }

    @Test func `a stage without candidates has no table, nor has the one after`() {
        let records = Sample.records { journal in
            journal.record(.candidate(Self.gone))
            journal.end(.makeJoin, .pass)
            journal.end(.sign, .pass)
        }
        var report = TextReport()
        let outputs = records.map { report.render($0).transcript }
        #expect(outputs.map(\.count) == [0, 3, 1])
    }

    @Test func `a record says the same, with null for what there is not`() {
        let object = JSONReport.object(Sample.record(.candidate(Self.gone)))
        #expect(object["type"] == "candidate")
        #expect(object["server"] == "gone.example")
        #expect(object["stage"] == "make_join")
        #expect(object["status"] == .null)
        #expect(object["errcode"] == .null)
        #expect(object["fault"] == "connect")
        #expect(object["next"] == true)
        #expect(object["rule"]?.text?.isEmpty == false)
        let refused = JSONReport.object(Sample.record(.candidate(Self.refusing)))
        #expect(refused["status"] == 403)
        #expect(refused["errcode"] == "M_FORBIDDEN")
        #expect(refused["fault"] == .null)
        #expect(refused["next"] == false)
    }
}

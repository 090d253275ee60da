import Testing

@testable import fedjoin

@Suite struct UndoTests {
    @Test(arguments: [
        (["#a:b"], []),
        (["-N", "c", "#a:b", "--signing-key", "a b.key"], ["-N", "c", "--signing-key", "'a b.key'"]),
        (["--via", "d", "--via=e", "#a:b", "--cacert", "ca.pem"], ["--cacert", "ca.pem"]),
        (["#a:b", "--reason", "it's", "--display-name=x", "--no-self-check", "-v"], ["--no-self-check"]),
        (["-ojson", "#a:b", "--try", "3", "--stop-after", "verify"], []),
        (["--listen", "[::1]:8448", "#a:b", "--linger", "9"], ["--listen", "[::1]:8448", "--linger", "9"]),
        (
            ["-qvv", "#a:b", "-nv", "-4", "--har", "x", "--report-junit=y", "--color", "never", "--show-secrets"],
            ["-4"]
        ),
        (
            ["-x", "http://me:pw@p:3128", "--proxy=http://p:3128", "#a:b"],
            ["-x", "http://me:PASSWORD@p:3128", "--proxy=http://p:3128"]
        ),
        (
            ["#a:b", "--omit-members", "--strict", "--notary", "n", "--max-key-servers=3", "--save", "run", "-m", "9"],
            []
        ),
        // A value that reads like the room is one all the same: only the first is the room.
        (["#a:b", "-u", "#a:b"], ["-u", "'#a:b'"]),
    ])
    func `the leave that undoes a join is told who asks and how, and nothing of the join's own`(
        arguments: [String], kept: [String]
    ) {
        #expect(Undo.options(of: arguments, room: "#a:b") == kept)
    }

    @Test func `what sends the event again is told neither what the event says nor what ended the run`() {
        let kept = Undo.optionsToSendAgain(
            of: ["-u", "me", "#a:b", "--user=you", "--cacert", "ca.pem", "-N", "c", "--save", "run", "-m", "9"],
            room: "#a:b")
        #expect(kept == ["--cacert", "ca.pem", "-N", "c"])
    }
}

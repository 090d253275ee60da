internal import Matrix

extension Diagnosis {
    /// What checks of our own find; no answer matches them.
    static let checks: [Diagnosis] = [
        Diagnosis(
            "own-name-dead", .ours, "nothing answers where our own server name leads, so nobody can fetch our key",
            hints: [
                "is our homeserver, or the web server with our key, running there? --serve-keys answers meanwhile",
                "does the name lead there? fedjoin resolve {server}",
            ],
            tool: .curlKey, [Pattern(stages: [.identity], kinds: [.name, .connect, .timeout])]),
        Diagnosis(
            "key-document-invalid", .theirs,
            "the key document of {server} is of another server, is not signed by a key of its own, or lacks what it has to have: nobody takes keys from it",
            hints: [
                "of another server: DNS or delegation of {server} leads to the wrong one: fedjoin resolve {server}",
                "a static file has to be written anew after each change: fedjoin key publish",
            ], tool: .curlTheirKey),
        Diagnosis(
            "key-document-expired", .theirs,
            "the key document of {server} is no longer valid, so nobody takes keys from it for what is signed now",
            hints: [
                "a homeserver makes a new one by itself: is it the one that answers, and is its clock right?",
                "a static file has to be written anew: fedjoin key publish",
            ], tool: .curlTheirKey),
        Diagnosis(
            "keys-differ", .theirs,
            "two sources have different keys of {server} under one id: who knows the one refuses what the other signed",
            hints: [
                "a key that changed needs a new id: other servers never fetch a known one again",
                "two servers that share the name look like this, too",
            ], tool: .curlTheirKey),
        Diagnosis(
            "own-key-unpublished", .ours,
            "our own key document is missing, wrong or of another key where others look for it",
            hints: [
                "--serve-keys publishes our key while the command runs; fedjoin key publish writes it for any web server",
                "a reverse proxy there has to hand /_matrix/key/ on to the homeserver",
            ],
            tool: .curlKey, [Pattern(stages: [.identity])]),
        Diagnosis(
            "own-homeserver", .ours, "a homeserver runs under our name: it would not know of a membership that we make",
            hints: ["--dry-run shows the whole handshake and changes nothing", "to go on all the same: --force"]),
        Diagnosis(
            "no-candidates", .ours,
            "nobody is known who could let us in: a room id of version 12 names no server, and a list may hold ourselves alone",
            hints: ["name a server that is in the room: --via SERVER", "or give an alias, or a link with via"]),
        Diagnosis(
            "lying-template", .theirs,
            "the template is not of the event that we asked for: signing it would sign something else in our name",
            hints: ["that server is broken or hostile: another one may be asked with --via SERVER"],
            [Pattern(stages: Stage.makes, kinds: [.check])]),
        Diagnosis(
            "event-not-built", .ours,
            "our own event cannot be built: with its reason and its display name it is longer than an event may be, or the template names too many events",
            hints: ["a shorter --reason or --display-name", "or the template of another server: --via SERVER"],
            [Pattern(stages: [.sign])]),
        Diagnosis(
            "event-not-ours", .ours,
            "the event of the file is no join of a user of ours that our key has signed as it stands, so it is not sent",
            hints: [
                "send what fedjoin sign printed, as it is: it makes a join of what fedjoin make-join printed",
                "our name and key have to be those that signed it: -N NAME, --signing-key FILE",
            ]),
        Diagnosis(
            "bad-well-known", .theirs,
            "the well-known file of {server} is there and unusable, so the rules after it count",
            hints: ["it has to be {\"m.server\": \"host:port\"}, JSON, status 200, without a scheme"],
            tool: .curlWellKnown),
        Diagnosis(
            "srv-alias", .theirs,
            "the target of the SRV record is an alias (CNAME), which RFC 2782 forbids: some servers follow it, others do not",
            hints: ["let the record name the host itself"], tool: .digSRV),
        Diagnosis(
            "clock", .unknown,
            "our clock and that of {server} differ by minutes: keys, events and certificates are valid at other times for each",
            hints: ["set both by NTP"]),
        Diagnosis(
            "outcome-unknown", .unknown,
            "the event went out, and no whole answer came: whether we are joined is not known",
            hints: [
                "look from a member's client, or leave to be sure: fedjoin leave",
                "sending the same event again does no harm; a new join is another event",
            ]),
        Diagnosis(
            "joined-unseen", .unknown,
            "the join took place, as {server} says when asked, but its answer did not arrive whole: the room could not be judged",
            hints: [
                "the same event sent again gets the same answer: --retry 1, or of a run that --save keeps fedjoin send-join",
                "to be out of the room again: fedjoin leave",
            ]),
    ]
}

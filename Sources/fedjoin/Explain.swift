internal import ArgumentParser
internal import Federation
internal import Handshake
internal import Matrix
internal import Reporting

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", _superCommandName: Tool.name,
        abstract: "Say what a failure means and what to do about it.",
        discussion: """
            WHAT is a cause's id as the "more:" line of a failed run has it, an errcode such as M_FORBIDDEN, an exit
            status, or the HTTP status of an answer. Without it every cause is listed.
            """)

    @Argument(help: ArgumentHelp("A cause's id, an errcode, an exit status or an HTTP status.", valueName: "what"))
    var what: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("How to report: text or json; ndjson is json here.", valueName: "format"))
    var output = OutputFormat.text

    func run() throws {
        guard let what else { return show(Diagnosis.catalogue, isList: true) }
        if let diagnosis = Diagnosis.named(what) { return show([diagnosis], isList: false) }
        if let status = Int(what) { return try explain(status: status) }
        let causes = ExplainLines.causes(errcode: Text(what))
        guard !causes.isEmpty else { throw unknown(what) }
        show(causes, isList: true)
    }

    /// Exit statuses end where those of HTTP that are errors begin.
    private func explain(status: Int) throws {
        let exit = ExplainLines.meaning(exit: status)
        guard let meaning = exit ?? ExplainLines.meaning(status: status) else { throw unknown(String(status)) }
        if output == .text { Process.out("\(status): \(meaning)") }
        let causes = exit == nil ? ExplainLines.causes(status: status) : ExplainLines.causes(exit: status)
        show(causes, isList: true)
    }

    private func show(_ diagnoses: [Diagnosis], isList: Bool) {
        guard output == .text else { return Process.out(JSONReport.ascii(ExplainLines.json(diagnoses))) }
        for diagnosis in diagnoses {
            (isList ? [ExplainLines.line(diagnosis)] : ExplainLines.lines(diagnosis)).forEach(Process.out)
        }
    }

    private func unknown(_ what: String) -> UsageError {
        let like = Diagnosis.catalogue.map(\.id).filter { id in
            what.split(separator: "-").contains { id.contains($0.lowercased()) }
        }
        let hint =
            like.isEmpty ? "fedjoin explain lists what there is" : "there are \(like.prefix(5).joined(separator: ", "))"
        return UsageError("nothing is known of \(Quoting.quoted(Text(what)))", hints: [hint])
    }
}

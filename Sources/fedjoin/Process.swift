internal import ArgumentParser
internal import CMalloc
internal import Federation
internal import Reporting

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The two streams, the exit status, and what the process does before anything else.
enum Process {
    /// A closed pipe is an error of the write, not a signal, and a crash leaves no key in a core file.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        Signals.unblock()
        cmalloc_reserve()
        // A file or a socket of ours must never come to be what others take for a standard stream. Opened the wrong way
        // round, so that what is written to a closed one still fails.
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
            _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        #else
        setrlimit(RLIMIT_CORE, &none)
        #endif
    }

    /// What the command was told, by the command line and the environment; without its own name.
    static let arguments = Locked<[String]>([])

    /// The same without the command's name, which is one word.
    static var options: [String] { Array(arguments.withLock { $0 }.dropFirst()) }

    /// What could not be written, and why, in the system's words: then no run may end as if all went well.
    private static let losses = Locked<[String]>([])

    static func lose(_ what: String) { losses.withLock { if !$0.contains(what) { $0.append(what) } } }

    /// An environment variable, where it is set to something.
    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether standard output was open for writing when we were started.
    static var isOutOpen: Bool { fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE != O_RDONLY }

    /// Whether something for standard output could not be written.
    static var hasLostOut: Bool { losses.withLock { $0.contains { $0.hasPrefix(outName) } } }

    private static let outName = "standard output"

    static func out(_ line: String) { write(Array((line + "\n").utf8)) }

    /// An answer's bytes as they came.
    static func out(_ answer: Blob) {
        for piece in answer.pieces { guard write(answer[piece]) else { return } }
    }

    /// Whether all of it was written.
    @discardableResult
    private static func write(_ bytes: [UInt8]) -> Bool {
        guard !SystemFile.writeAll(bytes, to: STDOUT_FILENO) else { return true }
        // Whoever read it has had enough.
        if errno != EPIPE { lose("\(outName): \(String(cString: strerror(errno)).lowercased())") }
        return false
    }

    static func err(_ line: String) { _ = SystemFile.writeAll(Array((line + "\n").utf8), to: STDERR_FILENO) }

    /// A part of a line, on a terminal.
    static func errPart(_ text: String) { _ = SystemFile.writeAll(Array(text.utf8), to: STDERR_FILENO) }

    static var isOutTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether stderr is a terminal that knows how to take a line back.
    static var hasTerminal: Bool { isErrTerminal && environment("TERM").map { $0 != "dumb" } == true }

    /// Ends the process after a command that threw nothing.
    static func exit() -> Never { terminate(0) }

    /// Ends the process over what a command or the parser threw: help and version are no errors.
    static func exit(over error: any Error) -> Never {
        if let error = error as? ExitCode { terminate(error.rawValue) }
        if let error = error as? UsageError { finish(error) }
        let code = FedJoin.exitCode(for: error).rawValue
        if code == 0 {
            out(FedJoin.fullMessage(for: error))
            terminate(0)
        }
        let message = sentence(FedJoin.message(for: error))
        finish(UsageError(message, hints: [ValueHints.hint(for: message), help].compactMap(\.self)))
    }

    /// Where the help of the command is that was named.
    private static var help: String {
        guard let name = CommandLine.arguments.dropFirst().first, FedJoin.isCommand(name) else {
            return "fedjoin --help lists the commands"
        }
        let words = CommandLine.arguments.dropFirst(2).prefix(1).filter { FedJoin.isCommand($0, of: name) }
        return (["fedjoin help", name] + words).joined(separator: " ")
    }

    /// The parser's words as ours are: on one line, with neither a capital nor a full stop.
    private static func sentence(_ message: String) -> String {
        let parts = message.split(separator: "\n  - ")
        let sentence = "\(parts.first ?? "") \(parts.dropFirst().joined(separator: ", "))"
        let end = sentence.lastIndex { $0 != "." && $0 != " " }
        let words = end.map { sentence[...$0] } ?? ""
        return words.prefix(1).lowercased() + words.dropFirst()
    }

    private static func finish(_ error: UsageError) -> Never {
        let error = EnvironmentOptions.named(in: error)
        switch format {
        case _ where !isOutOpen: break
        case .text: break
        case .json: out(JSONReport.ended(exit: Int(error.status), over: error.message, isWhole: true))
        case .ndjson: out(JSONReport.ended(exit: Int(error.status), over: error.message, isWhole: false))
        }
        err(ClosingLines.line("error", error.message))
        for hint in error.hints { err(ClosingLines.line("hint", hint)) }
        terminate(error.status)
    }

    /// The form of output that the arguments ask for, of which the parser may have made nothing: a program that reads
    /// JSON gets it however the command ends.
    private static var format: OutputFormat {
        let arguments = arguments.withLock { $0.isEmpty ? Array(CommandLine.arguments.dropFirst()) : $0 }
        let values = arguments.indices.compactMap { i in
            let argument = arguments[i]
            if ["-o", "--output"].contains(argument) { return arguments.dropFirst(i + 1).first }
            return ["-o", "--output="].first(where: argument.hasPrefix).map { String(argument.dropFirst($0.count)) }
        }
        return values.compactMap(OutputFormat.init).last ?? .text
    }

    private static func terminate(_ code: Int32) -> Never {
        var code = code
        for loss in losses.withLock({ $0 }) {
            err(ClosingLines.line("error", loss))
            if code == 0 { code = 74 }
        }
        // Not by exit(3): what libraries clear away there, threads of ours that have not ended may still be at.
        fflush(nil)
        _exit(code)
    }
}

/// What stops a command before its run begins: one line, hints, and a status as in sysexits.h.
struct UsageError: Error {
    let message: String
    var hints: [String] = []
    var status: Int32 = 64

    init(_ message: String, hints: [String] = [], status: Int32 = 64) {
        self.message = message
        self.hints = hints
        self.status = status
    }
}

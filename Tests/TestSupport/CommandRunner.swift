internal import Foundation

/// Runs the built fedjoin, or a line of shell that does, as a person would: in a folder of its own that is home and
/// working directory, with nothing of the caller's environment and nothing on standard input. It has two minutes, since
/// under a sanitizer, beside other tests, it may take many times as long as it does alone.
package struct CommandRunner: Sendable {
    /// How a command ended, and what it said.
    package struct Result: Sendable, Equatable {
        package let status: Int32
        package let stdout: String
        package let stderr: String

        package var stdoutLines: [String] { Self.lines(stdout) }
        package var stderrLines: [String] { Self.lines(stderr) }

        /// Not by newline characters, which would also split at those inside of a JSON string.
        private static func lines(_ text: String) -> [String] {
            let whole = text.hasSuffix("\n") ? text.dropLast() : text[...]
            return whole.isEmpty ? [] : whole.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What tells a sanitizer where to leave its reports: those of the command, too, would otherwise be lost among what
    /// it says.
    private static let ofSanitizers: Set = ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"]

    /// Home, working directory, and where the key files are: `.config/fedjoin`.
    package let home: TemporaryFolder
    private let variables: [String: String]

    /// `variables` come on top of the bare environment.
    package init(variables: [String: String] = [:]) throws {
        home = try TemporaryFolder()
        self.variables = variables
    }

    /// Where SwiftPM puts what it builds: beside the test bundle.
    package static var products: String {
        #if os(macOS)
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        return (bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL).path
        #else
        return Bundle.main.bundleURL.path
        #endif
    }

    /// Runs fedjoin with `arguments`.
    package func run(_ arguments: String..., timeout: Duration = .seconds(120)) async throws -> Result {
        try await execute("\(Self.products)/fedjoin", arguments, timeout)
    }

    /// Runs a line of POSIX shell, in which `fedjoin` is the built one.
    package func shell(_ line: String, timeout: Duration = .seconds(120)) async throws -> Result {
        try await execute("/bin/sh", ["-c", line], timeout)
    }

    private func execute(_ path: String, _ arguments: [String], _ timeout: Duration) async throws -> Result {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(description: "there is no command at \(path)")
        }
        // Files and not pipes: a pipe that nobody reads blocks its writer.
        let (stdout, stderr) = (TemporaryFile(""), TemporaryFile(""))
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(filePath: home.path, directoryHint: .isDirectory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: stdout.path))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: stderr.path))
        let ending = Ending()
        process.terminationHandler = { _ in ending.note() }
        try process.run()
        let hasEnded = await ending.wait(timeout)
        if !hasEnded {
            kill(process.processIdentifier, SIGKILL)
            _ = await ending.wait(.seconds(10))
        }
        // It has ended; but until this is called, it and its run loop keep each other.
        process.waitUntilExit()
        let said = (try text(of: stdout), try text(of: stderr))
        let words = "\(path) \(arguments.joined(separator: " "))"
        guard hasEnded else {
            throw Failure(description: "did not end within \(timeout): \(words)\n\(said.0)\n\(said.1)")
        }
        guard process.terminationReason == .exit else {
            throw Failure(description: "signal \(process.terminationStatus) ended \(words)\n\(said.0)\n\(said.1)")
        }
        return Result(status: process.terminationStatus, stdout: said.0, stderr: said.1)
    }

    private func text(of file: TemporaryFile) throws -> String {
        try String(contentsOfFile: file.path, encoding: .utf8)
    }

    private var environment: [String: String] {
        let outside = ProcessInfo.processInfo.environment
        return [
            "PATH": "\(Self.products):\(outside["PATH"] ?? "/usr/bin:/bin")", "HOME": home.path,
            "XDG_CONFIG_HOME": "\(home.path)/.config", "TMPDIR": NSTemporaryDirectory(), "LC_ALL": "C.UTF-8",
        ].merging(outside.filter { Self.ofSanitizers.contains($0.key) }) { own, _ in own }
            .merging(variables) { _, given in given }
    }
}

/// The end of a process, which one task waits for.
private final class Ending: Sendable {
    private let stream: AsyncStream<Bool>
    private let continuation: AsyncStream<Bool>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func note() { continuation.yield(true) }

    /// Whether it came before `limit` was over.
    func wait(_ limit: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.stream.first { _ in true } ?? false }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let hasEnded = await group.next() ?? false
            group.cancelAll()
            return hasEnded
        }
    }
}

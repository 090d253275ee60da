internal import ArgumentParser

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a whole join against an embedded homeserver: no network, no account.")

    func run() async throws {}
}

internal import ArgumentParser

@main
struct FedJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fedjoin")
}

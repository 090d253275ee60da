internal import ArgumentParser
internal import Federation
internal import Matrix

extension Key {
    struct Publish: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish",
            abstract: "Write the files with which any web server publishes our key.")

        @OptionGroup var options: KeyOptions

        @Option(help: ArgumentHelp("The folder that the web server serves; it has to be there.", valueName: "dir"))
        var webroot: String

        @Option(
            help: ArgumentHelp(
                "Where our name leads: a host and port for the well-known file (default: our name at 443).",
                valueName: "host:port"))
        var delegate: ServerName?

        @Option(
            help: ArgumentHelp("How long the key document is valid, 1h to 30d (default: 7d).", valueName: "time"))
        var validFor = ValidityTime.week

        func validate() throws {
            guard let delegate else { return }
            guard delegate.port != nil else { throw ValidationError("--delegate takes a host and a port") }
        }

        func run() throws {
            let identity = try IdentityFile(options.own).identity
            guard delegate == nil || StaticKey.asksWellKnown(identity.server) else {
                throw UsageError(
                    "\(identity.server) cannot delegate: of a name with a port, or an address, nobody asks for a "
                        + "well-known file")
            }
            let validUntil = WallClock.now() + validFor.milliseconds
            let files: StaticKey
            do { files = try StaticKey(identity, delegate: delegate, validUntil: validUntil) } catch {
                throw UsageError("the clock is out of range", status: 70)
            }
            try write(files)
            tell(identity, files)
        }

        private func write(_ files: StaticKey) throws {
            do throws(WebRoot.Failure) {
                let root = try WebRoot(webroot)
                for page in files.pages {
                    let path = try root.write(page.bytes, to: page.target)
                    Process.out("\(path) \(page.url)")
                }
            } catch {
                throw UsageError("--webroot \(error.description)", status: 73)
            }
        }

        /// What the web server has to do, and until when all this holds.
        private func tell(_ identity: Identity, _ files: StaticKey) {
            let until = WallClock.iso8601(files.validUntil)
            for line in [
                "the key \(identity.key.id) of \(identity.server) is valid until \(until): publish it again before",
                "each file has to be served at the address beside it, over TLS with a certificate of that host",
                "Content-Type has to be application/json: Synapse insists on it, and the files have no extension",
            ] { Process.err("\(Tool.name): \(line)") }
            guard validFor.milliseconds > ValidityTime.week.milliseconds else { return }
            Process.err("\(Tool.name): other servers keep a key for 7 days at most, and then fetch it again")
        }
    }
}

/// A time of hours or days, 1h to 30d: `12h`, `7d`.
struct ValidityTime: ExpressibleByArgument {
    let milliseconds: Int
    private let text: String

    static let week = ValidityTime(text: "7d", milliseconds: 7 * 24 * hour)
    private static let hour = 3_600_000

    init?(argument: String) {
        let unit =
            switch argument.last {
            case "h": Self.hour
            case "d": 24 * Self.hour
            default: 0
            }
        let digits = argument.dropLast()
        guard unit > 0, (1...3).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(digits), count > 0, count * unit <= 30 * 24 * Self.hour
        else { return nil }
        self.init(text: argument, milliseconds: count * unit)
    }

    private init(text: String, milliseconds: Int) {
        self.text = text
        self.milliseconds = milliseconds
    }

    var defaultValueDescription: String { text }
}

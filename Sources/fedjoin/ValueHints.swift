/// What an option takes, for whoever gave it something else: by the name that its value has in the help.
enum ValueHints {
    private static let wanted = [
        "name": serverName, "server": serverName,
        "addr:port": "an address and a port: 127.0.0.1:8448, [::]:8448, or port 0 for any",
        "list": "room versions from 1 to 12, separated by commas: 10,11",
        "version": "a room version, 1 to 12",
        "seconds": "seconds above 0, at most 86400: 10 or 0.5",
        "bytes": "bytes, or with K, M or G: 64M; at most 4G",
        "number": "a whole number",
        "time": "hours or days, from 1h to 30d: 12h, 7d",
        "host:port:addr": "as curl has it: example.org:8448:127.0.0.1, IPv6 addresses in brackets",
        "h1:p1:h2:p2": "as curl has it: example.org:8448:127.0.0.1:8449; a part left empty stands for any",
    ]

    private static let serverName =
        "a server name, with no https:// and no path: example.org, example.org:8448, 192.0.2.1, [2001:db8::1]:8448"

    /// A hint for the parser's `the value 'x' is invalid for '--option <name>'`; nil for anything else.
    static func hint(for message: String) -> String? {
        guard message.contains("is invalid for"), let begin = message.lastIndex(of: "<"),
            let end = message[begin...].firstIndex(of: ">")
        else { return nil }
        // The one time that is a whole number, and may be none.
        if message.contains("'--linger ") { return "it takes whole seconds, 0 to 3600" }
        return wanted[String(message[message.index(after: begin)..<end])].map { "it takes \($0)" }
    }
}

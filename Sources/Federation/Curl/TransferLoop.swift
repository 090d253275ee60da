internal import CCurl

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The thread that alone touches libcurl's handles, and the inbox by which tasks reach it.
///
///     task ──Command──▶ inbox ──▶ thread: start · perform · finish ──continuation──▶ task
final class TransferLoop: Sendable {
    /// What a task asks of the thread. Every part of it is Sendable: a `Transfer` is made on the thread, and stays.
    enum Command: Sendable {
        case start(id: Int, Request, Transfer.Continuation)
        case cancel(id: Int)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var lastID = 0
        var isClosed = false
    }

    private let inbox = Locked(Inbox())
    private let settings: CurlTransport.Settings
    // Used on the thread alone, but for `curl_multi_wakeup`, which any thread may call: under the inbox's lock and
    // before it is closed, so never on a handle that is gone.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

    init(_ settings: CurlTransport.Settings) {
        self.settings = settings
        _ = Self.globalInit
        guard let multi = curl_multi_init() else { fatalError("no memory for libcurl") }
        self.multi = multi
    }

    /// Once in a process.
    private static let globalInit: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    func nextID() -> Int {
        inbox.withLock { inbox in
            inbox.lastID += 1
            return inbox.lastID
        }
    }

    func post(_ command: Command) {
        let isClosed = inbox.withLock { inbox in
            guard !inbox.isClosed else { return true }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
            return false
        }
        if isClosed, case .start(_, _, let continuation) = command { continuation.resume(returning: .shutDown) }
    }

    /// The thread's body: until `.stop` comes.
    func run() {
        var transfers = TransferTable(multi: multi)
        while take(&transfers) {
            transfers.perform()
            curl_multi_poll(multi, nil, 0, transfers.isPaced ? 100 : 1000, nil)
        }
        transfers.failAll()
        curl_multi_cleanup(multi)
    }

    /// Does what was asked; false where that was to stop, after which nothing is taken any more.
    private func take(_ transfers: inout TransferTable) -> Bool {
        let commands = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            inbox.isClosed = inbox.commands.contains { if case .stop = $0 { true } else { false } }
            return inbox.commands
        }
        var isStopping = false
        for command in commands {
            switch command {
            case .start(let id, let request, let continuation):
                transfers.start(Transfer(id: id, request, settings, continuation))
            case .cancel(let id): transfers.fail(id, Refusal(.cancelled, "cancelled"))
            case .stop: isStopping = true
            }
        }
        return !isStopping
    }
}

/// The transfers under way. Used on the loop's thread alone.
private struct TransferTable {
    let multi: UnsafeMutableRawPointer
    private var transfers: [Int: Transfer] = [:]
    private var connections = ConnectionFacts()

    init(multi: UnsafeMutableRawPointer) { self.multi = multi }

    var isPaced: Bool { transfers.values.contains(where: \.isPaced) }

    mutating func start(_ transfer: Transfer) {
        transfers[transfer.id] = transfer
        if let refusal = transfer.fault { return fail(transfer.id, refusal) }
        let code = curl_multi_add_handle(multi, transfer.easy.pointer)
        if code != CURLM_OK { fail(transfer.id, Refusal(.other, String(cString: curl_multi_strerror(code)))) }
    }

    /// Ends a transfer, if it is still there.
    mutating func fail(_ id: Int, _ refusal: Refusal) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        transfer.fail(refusal, &connections)
        curl_multi_remove_handle(multi, transfer.easy.pointer)
    }

    mutating func failAll() {
        for id in transfers.keys { fail(id, Refusal(.cancelled, "cancelled")) }
    }

    mutating func perform() {
        var running: CInt = 0
        curl_multi_perform(multi, &running)
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = ccurl_result(message)
            guard let transfer = Transfer.at(ccurl_get_private(easy)) else { continue }
            transfers[transfer.id] = nil
            transfer.finish(code, &connections)
            curl_multi_remove_handle(multi, easy)
        }
        for (id, transfer) in transfers {
            if let refusal = transfer.fault { fail(id, refusal) }
        }
    }
}

extension Transfer.Outcome {
    fileprivate static var shutDown: Self {
        .failure(TransportError(kind: .cancelled, description: "the transport was shut down"))
    }
}

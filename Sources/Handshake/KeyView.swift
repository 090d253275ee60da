internal import Federation
package import Matrix

/// The keys of a server side by side: as it publishes them, and as notaries have them.
package struct KeyView: Sendable {
    private static let week = 7 * 86_400_000
    private static let mostDocuments = 20

    private let server: ServerName
    private let network: Network
    private let journal: Journal

    package init(_ server: ServerName, _ network: Network, _ journal: Journal) {
        self.server = server
        self.network = network
        self.journal = journal
    }

    /// The keys that one source has.
    private struct Copy {
        let source: ServerName
        var keys: [KeyID: KnownKey] = [:]
    }

    /// Fails where the server itself gives no keys that count, and where a key has leaked or is another one elsewhere.
    package func run(notaries: [ServerName]) async throws(Failure) {
        journal.begin(.keys, server: server, "keys of \(server)")
        journal.note { $0.resident = server }
        var faults: [Failure] = []
        var copies: [Copy] = []
        do throws(Failure) { copies.append(try await published(&faults)) } catch { faults.append(error) }
        for notary in notaries { copies.append(await kept(by: notary, &faults)) }
        compare(copies, &faults)
        journal.end(.keys, faults.isEmpty ? .pass : .fail, faults.first)
        if let fault = faults.first { throw fault }
    }

    /// What the server says itself.
    private func published(_ faults: inout [Failure]) async throws(Failure) -> Copy {
        let document: JSON
        do throws(Failure) { document = try await get(server, RequestTarget("/_matrix/key/v2/server")) } catch {
            journal.check("keys", .fail, "\(error.message)", server: server)
            throw error
        }
        let keys: ServerKeys
        do { keys = try ServerKeys(document, of: server) } catch {
            journal.check("keys", .fail, "the key document of \(server) is not valid: \(error)", server: server)
            throw fault("the key document of \(server) is not valid: \(error)", "key-document-invalid")
        }
        let isCurrent = show(keys, from: server)
        if !isCurrent { faults.append(fault("the key document of \(server) has expired", "key-document-expired")) }
        return Copy(source: server, keys: keys.keys)
    }

    /// `GET /_matrix/key/v2/query/{server}` (server-server API, "Querying Keys Through Another Server"). That a notary
    /// has nothing is a warning: it may never have heard of the server.
    private func kept(by notary: ServerName, _ faults: inout [Failure]) async -> Copy {
        var copy = Copy(source: notary)
        let answer: JSON
        do throws(Failure) {
            answer = try await get(notary, RequestTarget("/_matrix/key/v2/query", [server.text]), seconds: 30)
        } catch {
            journal.check("notary", .warn, error.message, server: notary)
            return copy
        }
        let documents = (answer["server_keys"]?.array ?? []).prefix(Self.mostDocuments)
        if documents.isEmpty { journal.check("notary", .warn, "\(notary) has no keys of \(server)", server: notary) }
        let own = await keys(ofNotary: notary)
        for document in documents {
            do {
                let keys = try ServerKeys(document, of: server)
                _ = show(keys, from: notary)
                checkNotary(document, notary, own)
                merge(keys, of: notary, into: &copy, &faults)
            } catch {
                journal.check("notary", .warn, "a document that \(notary) has is not valid: \(error)", server: notary)
            }
        }
        return copy
    }

    /// A notary may have several documents of the server, which may be of different minds.
    private func merge(_ keys: ServerKeys, of notary: ServerName, into copy: inout Copy, _ faults: inout [Failure]) {
        for (id, known) in keys.keys.sorted(by: { $0.key < $1.key }) {
            if let first = copy.keys[id], first.key != known.key {
                report("\(notary) has different keys of \(server) as \(id)", id, "keys-differ", &faults)
            }
            copy.keys[id] = copy.keys[id] ?? known
        }
    }

    private func keys(ofNotary notary: ServerName) async -> [KeyID: KnownKey] {
        guard let document = try? await get(notary, RequestTarget("/_matrix/key/v2/server")) else { return [:] }
        return (try? ServerKeys(document, of: notary).keys) ?? [:]
    }

    /// A notary signs what it hands on.
    private func checkNotary(_ document: JSON, _ notary: ServerName, _ own: [KeyID: KnownKey]) {
        guard let object = document.object, notary != server else { return }
        let (signed, now) = (SignedJSON.signatures(of: notary, on: object).keys.sorted(), WallClock.now())
        let right = signed.filter { id in
            own[id].map { $0.isCurrent(at: now) && SignedJSON.isSigned(object, by: notary, id, $0.key) } ?? false
        }
        let names = right.map(\.description).joined(separator: ", ")
        let words =
            right.isEmpty ? "\(notary) has not signed that copy with a key of its own" : "signed by \(notary), \(names)"
        journal.check("notary_signature", right.isEmpty ? .warn : .pass, words, server: notary)
    }

    private func get(
        _ asked: ServerName, _ target: RequestTarget, seconds: Int = 10
    ) async throws(Failure) -> JSON {
        let destination: Destination
        do { destination = try await network.resolve(asked, journal) } catch {
            throw Failure(.keys, unresolved: error, asked)
        }
        do {
            return try await network.remote(destination).open(
                target, limits: network.limits(256 << 10, seconds: seconds))
        } catch {
            let failure = Failure(.keys, error, at: destination)
            throw await CertificateLook(destination: destination, network: network).explain(failure, journal)
        }
    }

    private func fault(_ message: String, _ id: String) -> Failure {
        var explained = Failure(.keys, .check, message, server: server).explained(id, DiagnosisNames(server))
        // The catalogue has it as it is told to us of our own key.
        explained.side = .theirs
        return explained
    }
}

extension KeyView {
    /// Shows a document key by key; whether it still counts.
    private func show(_ keys: ServerKeys, from source: ServerName) -> Bool {
        let now = WallClock.now()
        let isCurrent = keys.validUntil >= now
        for (id, known) in keys.keys.sorted(by: { $0.key < $1.key }) {
            let result: Outcome = if case .until = known.validity, !isCurrent { .fail } else { .pass }
            journal.check(
                "key", result, "\(source) has \(id) \(known.key.base64), \(Self.words(known.validity, now))",
                subject: id.text, server: source)
        }
        showSignatures(keys, from: source)
        if keys.validUntil > now + Self.week {
            journal.check(
                "key_validity", .skip, "homeservers take no key for longer than 7 days, however long it is valid",
                server: source)
        }
        return isCurrent
    }

    /// A document is read only where a current key has signed it; what else stands beside that signature is told apart.
    private func showSignatures(_ keys: ServerKeys, from source: ServerName) {
        func names(_ ids: some Sequence<KeyID>) -> String { ids.sorted().map(\.description).joined(separator: ", ") }
        let signers = Set(SignedJSON.signatures(of: server, on: keys.document).keys)
        let right = signers.filter { id in
            keys.keys[id].map { SignedJSON.isSigned(keys.document, by: server, id, $0.key) } ?? false
        }
        journal.check("key_signature", .pass, "signed by \(server), \(names(right))", server: source)
        let others = signers.subtracting(right)
        if !others.isEmpty {
            journal.check(
                "key_signature", .warn, "not verified: signatures by \(names(others)) of \(server)", server: source)
        }
        let silent = keys.keys.filter { id, known in
            if case .until = known.validity { !right.contains(id) } else { false }
        }
        if !silent.isEmpty {
            journal.check(
                "key_signature", .warn, "\(names(silent.keys)) of \(server) is current and has not signed it",
                server: source)
        }
        for member in keys.document["old_verify_keys"]?.object?.members ?? [] {
            guard let id = KeyID(member.key), let known = keys.keys[id], case .until = known.validity,
                let old = member.value["key"]?.text.flatMap({ VerifyKey(base64: $0) }), old != known.key
            else { continue }
            journal.check(
                "key", .warn, "\(id) of \(server) is another key among its old ones: an id stands for one key",
                subject: id.text, server: source)
        }
    }

    private static func words(_ validity: KnownKey.Validity, _ now: Int) -> String {
        switch validity {
        case .until(let end) where end < now: "expired \(WallClock.iso8601(end))"
        case .until(let end): "valid until \(WallClock.iso8601(end)), for \(SelfCheck.span(end - now))"
        case .expired(let end): "an old key, for events before \(WallClock.iso8601(end))"
        }
    }

    /// The first source that has a key under an id is what the others are held against: the server itself, if it answers.
    private func compare(_ copies: [Copy], _ faults: inout [Failure]) {
        var first: [KeyID: (key: VerifyKey, source: ServerName)] = [:]
        for copy in copies {
            for (id, known) in copy.keys.sorted(by: { $0.key < $1.key }) {
                if let seen = first[id], seen.key != known.key {
                    report("\(seen.source) and \(copy.source) have different keys as \(id)", id, "keys-differ", &faults)
                }
                guard first[id] == nil else { continue }
                first[id] = (known.key, copy.source)
                if VerifyKey.leaked.contains(known.key) {
                    report("\(id) of \(server) is a key that leaked: homeservers refuse it", id, "key-banned", &faults)
                }
                if copy.source != server, copies.first?.source == server {
                    journal.check(
                        "key", .warn, "\(server) itself does not publish \(id), which \(copy.source) has",
                        subject: id.text, server: copy.source)
                }
            }
        }
        if let own = copies.first, own.source == server { warnOfGaps(own, copies) }
    }

    /// A notary that has something of the server, and not all that counts now.
    private func warnOfGaps(_ own: Copy, _ copies: [Copy]) {
        for copy in copies.dropFirst() where !copy.keys.isEmpty {
            for (id, known) in own.keys where copy.keys[id] == nil {
                guard case .until = known.validity else { continue }
                journal.check("key", .warn, "\(copy.source) does not have \(id)", subject: id.text, server: copy.source)
            }
        }
    }

    private func report(_ message: String, _ id: KeyID, _ cause: String, _ faults: inout [Failure]) {
        journal.check("key", .fail, message, subject: id.text, server: server)
        faults.append(fault(message, cause))
    }
}

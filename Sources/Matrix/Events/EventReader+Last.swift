// What else can be asked of the event that was read last.
extension EventReader {
    /// Its content, as a tree.
    package func content(_ s: Span<UInt8>) -> JSON.Object {
        parser.tape.value(members.content, s).object ?? JSON.Object()
    }

    /// Of a member event's content what decides: its membership, a third party's invite, and who let the user in.
    ///
    /// Most have a membership alone, and events of the same one share what is given of it.
    package mutating func contentOfMember(_ s: Span<UInt8>) -> JSON.Object {
        let isPlain = deciding.membership > 0 && deciding.invite == 0 && deciding.authoriser == 0
        guard isPlain, parser.tape.kind(deciding.membership) == .string else { return decidingContent(s) }
        for i in plainContents.indices where parser.tape.equals(deciding.membership, plainContents[i].membership, s) {
            return plainContents[i].content
        }
        let content = decidingContent(s)
        if plainContents.count < Self.mostPlain, let membership = content["membership"]?.text {
            plainContents.append((membership, content))
        }
        return content
    }

    private func decidingContent(_ s: Span<UInt8>) -> JSON.Object {
        let nodes = [deciding.authoriser, deciding.membership, deciding.invite].filter { $0 > 0 }
        let members = nodes.map {
            JSON.Member(key: parser.tape.text($0 - 1, s), value: parser.tape.value($0, s))
        }
        return JSON.Object(members) ?? JSON.Object()
    }

    /// The event that a redaction of room versions 1 to 10 names at its top level.
    package func redacts(_ s: Span<UInt8>) -> Text? { find(0, "redacts", s).flatMap { string($0, s) } }

    /// One value of its content.
    package func content(_ key: Text, _ s: Span<UInt8>) -> JSON? {
        member(members.content, key, s).map { parser.tape.value($0, s) }
    }

    /// Whether it needs the signature of its sender's server and no other, as most do.
    package var needsSendersAlone: Bool {
        !version.choosesEventIDs && deciding.invite == 0 && deciding.authoriser == 0
    }

    /// The servers whose signatures it needs, in order, each once; `facts` are those that reading it gave.
    package func requiredServers(_ facts: EventFacts, _ s: Span<UInt8>) -> [ServerName] {
        EventSignatures.requiredServers(
            version, sender: facts.sender.server, id: facts.id, membership: string(deciding.membership, s),
            isThirdPartyInvite: deciding.invite > 0, authoriser: string(deciding.authoriser, s))
    }

    /// The whole event, as a tree.
    package func object(_ s: Span<UInt8>) -> JSON.Object { parser.tape.value(0, s).object ?? JSON.Object() }

    /// The ed25519 signatures of `server` on it, by key; one that is not base64 is empty, and so never valid.
    package func signatures(of server: ServerName, _ s: Span<UInt8>) -> [(KeyID, [UInt8])] {
        guard let own = member(members.signatures, server.text, s), parser.tape.isObject(own) else { return [] }
        var found: [(KeyID, [UInt8])] = []
        parser.tape.forEachKey(own) { key in
            guard let id = KeyID(parser.tape.text(key, s)), id.isEd25519 else { return }
            found.append((id, string(key + 1, s).flatMap(Base64.decode) ?? []))
        }
        return found
    }

    /// The node of the key's id where `server` has signed it with one key, whose signature is text; nil where with none,
    /// or several.
    package func soleSignature(of server: ServerName, _ s: Span<UInt8>) -> Int? {
        let tape = parser.tape
        guard let own = member(members.signatures, server.text, s), tape.isObject(own), tape.after(own) == own + 3,
            tape.kind(own + 2) == .string, !tape.equals(own + 1, KeyID.policyServer, s)
        else { return nil }
        return own + 1
    }

    /// Whether the key whose id is at `node` is that of `id`.
    package func isKey(_ node: Int, _ id: Text, _ s: Span<UInt8>) -> Bool { parser.tape.equals(node, id, s) }

    /// The signature by the key whose id is at `node`; nil where it is not base64.
    package func signature(_ node: Int, _ s: Span<UInt8>) -> [UInt8]? {
        s.extracting(parser.tape.range(node + 1)).withUnsafeBufferPointer(Base64.decode)
    }

    /// The servers whose signatures it has.
    package func signers(_ s: Span<UInt8>) -> [Text] {
        guard members.signatures > 0, parser.tape.isObject(members.signatures) else { return [] }
        var names: [Text] = []
        parser.tape.forEachKey(members.signatures) { names.append(parser.tape.text($0, s)) }
        return names
    }
}

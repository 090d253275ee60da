// What else can be asked of the event that was read last.
extension EventReader {
    /// Its content, as a tree.
    package func content(_ s: Span<UInt8>) -> JSON.Object {
        parser.tape.value(members.content, s).object ?? JSON.Object()
    }

    /// Its content, as a tree, but for all members but `keys`.
    package func content(_ keys: KeySet, _ s: Span<UInt8>) -> JSON.Object {
        let tape = parser.tape
        var kept: [JSON.Member] = []
        tape.forEachKey(members.content) { key in
            guard keys.contains(key, tape, s) else { return }
            kept.append(JSON.Member(key: tape.text(key, s), value: tape.value(key + 1, s)))
        }
        return JSON.Object(kept) ?? JSON.Object()
    }

    private static let deciding = KeySet(["membership", "third_party_invite", "join_authorised_via_users_server"])

    /// The event that a redaction of room versions 1 to 10 names at its top level.
    package func redacts(_ s: Span<UInt8>) -> Text? { find(0, "redacts", s).flatMap { string($0, s) } }

    /// One value of its content.
    package func content(_ key: Text, _ s: Span<UInt8>) -> JSON? {
        member(members.content, key, s).map { parser.tape.value($0, s) }
    }

    /// The servers whose signatures it needs, in order, each once; `facts` are those that reading it gave.
    package func requiredServers(_ facts: EventFacts, _ s: Span<UInt8>) -> [ServerName] {
        let tape = parser.tape
        var (membership, invite, authoriser) = (0, 0, 0)
        if facts.type == "m.room.member" {
            tape.forEachKey(members.content) { key in
                switch Self.deciding.index(key, tape, s) {
                case 0: membership = key + 1
                case 1: invite = key + 1
                case 2: authoriser = key + 1
                default: break
                }
            }
        }
        return EventSignatures.requiredServers(
            version, sender: facts.sender.server, id: facts.id, membership: string(membership, s),
            isThirdPartyInvite: invite > 0, authoriser: string(authoriser, s))
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

    /// The one of `keys` and the signature where `server` has signed it with one key, which is there; nil where with
    /// none, another or several.
    package func soleSignature(
        of server: ServerName, _ keys: [KeyID: KnownKey], _ s: Span<UInt8>
    ) -> (KnownKey, [UInt8])? {
        let tape = parser.tape
        guard let own = member(members.signatures, server.text, s), tape.isObject(own), tape.after(own) == own + 3,
            tape.kind(own + 2) == .string, !tape.equals(own + 1, KeyID.policyServer, s),
            let known = keys.first(where: { tape.equals(own + 1, $0.key.text, s) })?.value,
            let signature = s.extracting(tape.range(own + 2)).withUnsafeBufferPointer(Base64.decode)
        else { return nil }
        return (known, signature)
    }

    /// The servers whose signatures it has.
    package func signers(_ s: Span<UInt8>) -> [Text] {
        guard members.signatures > 0, parser.tape.isObject(members.signatures) else { return [] }
        var names: [Text] = []
        parser.tape.forEachKey(members.signatures) { names.append(parser.tape.text($0, s)) }
        return names
    }
}

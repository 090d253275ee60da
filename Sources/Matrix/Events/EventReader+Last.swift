// What else can be asked of the event that was read last.
extension EventReader {
    /// Its content, as a tree.
    package func content(_ s: Span<UInt8>) -> JSON.Object {
        parser.tape.value(members.content, s).object ?? JSON.Object()
    }

    /// Its content, as a tree, but for all members but `keys`.
    package func content(_ keys: [Text], _ s: Span<UInt8>) -> JSON.Object {
        var kept = JSON.Object()
        for key in keys { kept[key] = content(key, s) }
        return kept
    }

    /// The event that a redaction of room versions 1 to 10 names at its top level.
    package func redacts(_ s: Span<UInt8>) -> Text? { find(0, "redacts", s).flatMap { string($0, s) } }

    /// One value of its content.
    package func content(_ key: Text, _ s: Span<UInt8>) -> JSON? {
        member(members.content, key, s).map { parser.tape.value($0, s) }
    }

    /// The servers whose signatures it needs, in order, each once; `facts` are those that reading it gave.
    package func requiredServers(_ facts: EventFacts, _ s: Span<UInt8>) -> [ServerName] {
        let isMember = facts.type == "m.room.member"
        return EventSignatures.requiredServers(
            version, sender: facts.sender.server, id: facts.id,
            membership: isMember ? content("membership", s)?.text : nil,
            isThirdPartyInvite: isMember && content("third_party_invite", s) != nil,
            authoriser: isMember ? content("join_authorised_via_users_server", s)?.text : nil)
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

    /// The key's id and the signature where `server` has signed it with one key; nil where with none or several.
    package func soleSignature(of server: ServerName, _ s: Span<UInt8>) -> (Text, [UInt8])? {
        guard let own = member(members.signatures, server.text, s), parser.tape.isObject(own),
            parser.tape.after(own) == own + 3, let signature = string(own + 2, s).flatMap(Base64.decode)
        else { return nil }
        return (parser.tape.text(own + 1, s), signature)
    }

    /// The servers whose signatures it has.
    package func signers(_ s: Span<UInt8>) -> [Text] {
        guard members.signatures > 0, parser.tape.isObject(members.signatures) else { return [] }
        var names: [Text] = []
        parser.tape.forEachKey(members.signatures) { names.append(parser.tape.text($0, s)) }
        return names
    }
}

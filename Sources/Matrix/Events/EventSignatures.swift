/// Who must have signed an event, and whether they did (server-server API, "Validating hashes and signatures").
package enum EventSignatures {
    /// What became of the check of one server's signatures.
    package enum Verdict: Sendable, Hashable {
        case valid
        /// The server has not signed at all, or with nothing but keys that do not count.
        case missing
        /// None of the keys that it signed with is known or was valid at the event's time.
        case unknownKeys([KeyID])
        case invalid(KeyID)
    }

    /// The servers whose signatures `event` needs, in order, each once.
    ///
    /// The sender's, except for an invite that stands in for a third party's; in versions 1 and 2 the event id's; from
    /// version 8 on the server of the user who authorised a restricted join.
    package static func requiredServers(of event: JSON.Object, _ version: RoomVersion) -> [ServerName] {
        let content = event["content"]?.object ?? JSON.Object()
        let isMember = event["type"]?.text == "m.room.member"
        return requiredServers(
            version, sender: event["sender"]?.text.flatMap { UserID($0) }?.server,
            id: event["event_id"]?.text.flatMap { EventID($0) },
            membership: isMember ? content["membership"]?.text : nil,
            isThirdPartyInvite: content["third_party_invite"] != nil,
            authoriser: content["join_authorised_via_users_server"]?.text)
    }

    /// The same of what was read of an event; `membership` is nil for an event that is of no member.
    static func requiredServers(
        _ version: RoomVersion, sender: ServerName?, id: EventID?, membership: Text?, isThirdPartyInvite: Bool,
        authoriser: Text?
    ) -> [ServerName] {
        var servers: [ServerName] = []
        func need(_ server: ServerName?) {
            if let server, !servers.contains(server) { servers.append(server) }
        }
        if !(membership == "invite" && isThirdPartyInvite) { need(sender) }
        if version.choosesEventIDs { need(id?.server) }
        if version.allowsRestrictedJoins, membership == "join" { need(authoriser.flatMap { UserID($0) }?.server) }
        return servers
    }

    /// Judges the signatures of `server` on `event` (v1.19): at least one by a known key, and every one by a known key
    /// that was valid at the event's time must verify. Unknown and expired keys are passed over, and so is the policy
    /// server's key, which may stand under any server's name.
    package static func check(
        _ event: JSON.Object,
        _ version: RoomVersion,
        of server: ServerName,
        now: Int,
        keys: [KeyID: KnownKey]
    ) -> Verdict {
        guard let signed = try? EventHashes.signable(event, version), let time = event["origin_server_ts"]?.integer
        else { return .missing }
        let signatures = SignedJSON.signatures(of: server, on: event).map { ($0.key, $0.value) }
        return check(signatures, of: signed.bytes, at: time, version, now: now, keys: keys)
    }

    /// The same of one server's signatures on `signed`, what is signed of an event of the time `time`.
    package static func check(
        _ signatures: [(KeyID, [UInt8])], of signed: [UInt8], at time: Int, _ version: RoomVersion, now: Int,
        keys: [KeyID: KnownKey]
    ) -> Verdict {
        let signatures = signatures.filter { $0.0.text != KeyID.policyServer }.sorted { $0.0 < $1.0 }
        guard !signatures.isEmpty else { return .missing }
        var isValid = false
        for (id, signature) in signatures {
            guard let known = keys[id] else { continue }
            guard known.isValid(at: time, now: now, isEnforced: version.enforcesKeyValidity) else { continue }
            guard known.key.verifies(signature, of: signed) else { return .invalid(id) }
            isValid = true
        }
        return isValid ? .valid : .unknownKeys(signatures.map(\.0))
    }
}

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
        var servers: [ServerName] = []
        func need(_ server: ServerName?) {
            if let server, !servers.contains(server) { servers.append(server) }
        }
        let content = event["content"]?.object ?? JSON.Object()
        let membership = event["type"]?.text == "m.room.member" ? content["membership"]?.text : nil
        if !(membership == "invite" && content["third_party_invite"] != nil) {
            need(event["sender"]?.text.flatMap { UserID($0) }?.server)
        }
        if version.choosesEventIDs { need(event["event_id"]?.text.flatMap { EventID($0) }?.server) }
        if version.allowsRestrictedJoins, membership == "join" {
            need(content["join_authorised_via_users_server"]?.text.flatMap { UserID($0) }?.server)
        }
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
        let signatures = SignedJSON.signatures(of: server, on: event).filter { $0.key.text != KeyID.policyServer }
        guard !signatures.isEmpty else { return .missing }
        guard let signed = try? EventHashes.signable(event, version), let time = event["origin_server_ts"]?.integer
        else {
            return .missing
        }
        var isValid = false
        for (id, signature) in signatures.sorted(by: { $0.key < $1.key }) {
            guard let known = keys[id] else { continue }
            guard known.isValid(at: time, now: now, isEnforced: version.enforcesKeyValidity) else { continue }
            guard known.key.verifies(signature, of: signed.bytes) else { return .invalid(id) }
            isValid = true
        }
        return isValid ? .valid : .unknownKeys(signatures.keys.sorted())
    }
}

internal import Federation
internal import Matrix

/// Whether a room's policy server recommends our join (server-server API, "Policy Servers"). A warning where it does
/// not: the authorization rules do not ask for it, and other servers may hide the event.
struct PolicyServerCheck: Sendable {
    let body: Blob
    let version: RoomVersion
    let journal: Journal

    /// What makes a room use a policy server, besides a joined user of `via`.
    private struct Policy {
        let via: ServerName
        let key: VerifyKey
    }

    /// `members` says whether `state` holds every member, or those only that the resident did not leave out.
    func check(_ state: RoomEvents, allMembers: Bool, own: PDU) {
        guard let policy = policy(in: state) else { return }
        guard !allMembers || hasUser(of: policy.via, state) else {
            return journal.check(
                "policy_server", .skip, "the policy server \(policy.via) has nobody in the room, so it does not count",
                server: policy.via)
        }
        let signature = SignedJSON.signatures(of: policy.via, on: own.object).first {
            $0.key.text == KeyID.policyServer
        }
        guard let signature else {
            return warn(policy, "our join does not bear the signature of the room's policy server \(policy.via)")
        }
        guard let signed = try? EventHashes.signable(own.object, version),
            policy.key.verifies(signature.value, of: signed.bytes)
        else { return warn(policy, "the policy server's signature on our join is not by the key that the room has") }
        journal.check("policy_server", .pass, "recommended by the policy server \(policy.via)", server: policy.via)
    }

    private func warn(_ policy: Policy, _ words: String) {
        journal.check(
            "policy_server", .warn, "\(words): other servers may hide it (fedjoin explain policy-unsigned)",
            server: policy.via)
    }

    private func policy(in state: RoomEvents) -> Policy? {
        let reader = StateReader(events: state, body: body, version: version)
        guard let content = reader.content("m.room.policy"),
            let via = content["via"]?.text.flatMap({ ServerName($0) }),
            let key = content["public_keys"]?["ed25519"]?.text.flatMap({ VerifyKey(base64: $0) })
        else { return nil }
        return Policy(via: via, key: key)
    }

    private func hasUser(of server: ServerName, _ state: RoomEvents) -> Bool {
        state.all.contains { event in
            event.isOfState && event.event.membership == .join && event.event.sender.server == server
        }
    }
}

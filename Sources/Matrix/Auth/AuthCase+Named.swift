/// The rules' questions about events that stand in the event itself: those it names, and a third party's invite.
extension AuthCase {
    /// The first named event whose type and state key another one has as well.
    var duplicate: AuthEvent? {
        guard let named = context.named else { return nil }
        // So many are more than any event may name: then a set is faster than comparing each with each.
        guard named.count <= 16 else { return noting(Self.duplicate(amongMany: named)) }
        for i in named.indices.dropFirst() {
            let event = named[i]
            for other in named[..<i]
            where other.kind == event.kind && other.stateKey == event.stateKey && other.type == event.type {
                return noting(event)
            }
        }
        return nil
    }

    private static func duplicate(amongMany named: [AuthEvent]) -> AuthEvent? {
        struct Key: Hashable {
            let type: Text
            let stateKey: Text?
        }
        var seen: Set<Key> = []
        return named.first { !seen.insert(Key(type: $0.type, stateKey: $0.stateKey)).inserted }
    }

    var unexpected: AuthEvent? {
        noting(context.named?.first { !terms.selection.admits($0, for: event) })
    }

    var rejected: AuthEvent? {
        guard !context.rejected.isEmpty else { return nil }
        return noting(context.named?.first { context.rejected.contains($0.id) })
    }

    var foreign: AuthEvent? {
        noting(context.named?.first { $0.roomID != event.roomID })
    }

    /// Among the events named where these are known, and in the state in any case.
    var isCreateThere: Bool {
        guard context.state.create != nil else { return false }
        return context.named?.contains { $0.isState(.create, "") } ?? true
    }

    /// Whether the create event is there, accepted, and the one that the room id is the hash of.
    var isRoomMade: Bool {
        guard let create = noting(context.state.create), let room = event.roomID, create.kind == .create,
            !context.rejected.contains(create.id)
        else { return false }
        return create.id.text.withBytes { id in
            room.text.withBytes { id.dropFirst().elementsEqual($0.dropFirst()) }
        }
    }
}

extension AuthCase {
    var signedInvite: JSON.Object? { event.signedInvite }

    /// The event of the state whose token the invite has.
    var thirdPartyInvite: AuthEvent? {
        guard let token = signedInvite?["token"]?.text else { return nil }
        return state(.thirdPartyInvite, token)
    }

    /// More signatures times keys than that are not tried: a hostile pair of events could ask for hundreds of thousands.
    private static var maximumChecks: Int { 256 }

    /// Whether any signature of the invite is by any key of the third party's.
    var isInviteSigned: Bool {
        guard let signed = signedInvite, let invite = thirdPartyInvite,
            let canonical = try? CanonicalJSON(SignedJSON.signable(signed), numbers: .lenient)
        else { return false }
        let keys = Self.keys(of: invite.content)
        var checks = 0
        for server in signed["signatures"]?.object?.members ?? [] {
            for signature in server.value.object?.members ?? [] where signature.key.hasPrefix("ed25519:") {
                guard let bytes = signature.value.text.flatMap(Base64.decode) else { continue }
                for key in keys {
                    guard checks < Self.maximumChecks else { return false }
                    checks += 1
                    if key.verifies(bytes, of: canonical.bytes) { return true }
                }
            }
        }
        return false
    }

    /// `public_key`, and those of `public_keys`: base64 of either alphabet.
    private static func keys(of content: JSON.Object) -> [VerifyKey] {
        let listed = (content["public_keys"]?.array ?? []).map { $0["public_key"] }
        return ([content["public_key"]] + listed).compactMap { value in
            guard let text = value?.text else { return nil }
            let standard = text.string.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
            return VerifyKey(base64: Text(String(standard)))
        }
    }
}

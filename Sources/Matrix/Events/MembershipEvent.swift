/// The event that we build: exactly these keys, and nothing of the template's but what was checked.
package struct MembershipEvent: Sendable {
    /// What the person adds to the content.
    package struct Content: Sendable, Hashable {
        package var displayName: Text?
        package var reason: Text?

        package init(displayName: Text? = nil, reason: Text? = nil) {
            self.displayName = displayName
            self.reason = reason
        }
    }

    package let template: MembershipTemplate
    package let object: JSON.Object

    /// `timestamp` is our clock in ms since 1970. `opaque` is random text from which room versions 1 and 2, whose event
    /// ids are chosen, make ours: its server is our own, and must have signed.
    package init(_ template: MembershipTemplate, content: Content, timestamp: Int, opaque: Text) {
        let request = template.request
        var object: JSON.Object = [
            "type": "m.room.member",
            "room_id": .string(request.roomID.text),
            "sender": .string(request.user.text),
            "state_key": .string(request.user.text),
            "content": .object(Self.content(template, content)),
            "origin": .string(request.user.server.text),
            "origin_server_ts": .integer(timestamp),
            "prev_events": .array(template.prevEvents),
            "auth_events": .array(template.authEvents),
            "depth": .integer(template.depth),
        ]
        if template.version.choosesEventIDs {
            object["event_id"] = .string(Text("$\(opaque):\(request.user.server)"))
        }
        self.template = template
        self.object = object
    }

    private static func content(_ template: MembershipTemplate, _ given: Content) -> JSON.Object {
        var content: JSON.Object = ["membership": .string(Text(template.request.membership.rawValue))]
        content["displayname"] = given.displayName.map { .string($0) }
        content["reason"] = given.reason.map { .string($0) }
        content["join_authorised_via_users_server"] = template.authoriser.map { .string($0.text) }
        return content
    }
}

/// A membership event that is hashed and signed by us, and that we have verified as any server would.
package struct SignedMembership: Sendable {
    package let pdu: PDU
    package let template: MembershipTemplate
    package let contentHash: Text

    /// Why an event of ours is not sent.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// What we produce at most: one byte below the limit, since one implementation counts so.
    package static let maximumSize = PDU.maximumSize - 1

    package var id: EventID { pdu.id }
    /// The body of send_join.
    package var bytes: [UInt8] { JSON.object(pdu.object).compact }
}

extension SigningKey {
    /// Adds the content hash and our signature to `event`, then checks both as a resident would: Synapse accepts a
    /// wrong content hash silently and redacts the event.
    package func sign(_ event: MembershipEvent) throws(SignedMembership.Failure) -> SignedMembership {
        let version = event.template.version
        let server = event.template.request.user.server
        do {
            let hash = Base64.encode(try EventHashes.content(event.object, version))
            var object = event.object
            object["hashes"] = ["sha256": .string(hash)]
            let signature = signature(of: try EventHashes.signable(object, version))
            let signed = SignedJSON.adding(signature, of: server, key: id, to: object)
            let pdu = try PDU(signed, version)
            try check(pdu, server)
            return SignedMembership(pdu: pdu, template: event.template, contentHash: hash)
        } catch let failure as SignedMembership.Failure {
            throw failure
        } catch {
            throw SignedMembership.Failure(description: "the event cannot be built: \(error)")
        }
    }

    /// An event that this key signed before, read back: `object` has to be of the form of `template`, which was checked
    /// against what `object` says itself.
    package func recognize(
        _ object: JSON.Object, _ template: MembershipTemplate
    ) throws(SignedMembership.Failure) -> SignedMembership {
        let pdu: PDU
        do { pdu = try PDU(object, template.version) } catch {
            throw SignedMembership.Failure(
                description: "it is no event of room version \(template.version.id): \(error)")
        }
        try check(pdu, template.request.user.server)
        try checkIsCovered(object, template.request.user.server)
        let hash = object["hashes"]?["sha256"]?.text ?? ""
        return SignedMembership(pdu: pdu, template: template, contentHash: hash)
    }

    /// Whether all of `object` is what we signed: another's signature and `unsigned` could say anything.
    private func checkIsCovered(_ object: JSON.Object, _ server: ServerName) throws(SignedMembership.Failure) {
        guard object["unsigned"] == nil else {
            throw SignedMembership.Failure(description: "it has unsigned, which nobody has signed")
        }
        let signatures = object["signatures"]?.object ?? [:]
        let own = signatures[server.text]?.object ?? [:]
        guard signatures.members.count == 1, own.members.count == 1 else {
            throw SignedMembership.Failure(description: "it has more signatures than that of \(server) with \(id)")
        }
    }

    /// Whether this key of `server` has hashed and signed `pdu`, which is small enough to be sent.
    package func check(_ pdu: PDU, _ server: ServerName) throws(SignedMembership.Failure) {
        let size = JSON.object(pdu.object).compact.count
        guard size <= SignedMembership.maximumSize else {
            throw SignedMembership.Failure(
                description: "the event has \(size) bytes, more than \(SignedMembership.maximumSize)"
            )
        }
        guard EventHashes.contentMatches(pdu.object, pdu.version) else {
            throw SignedMembership.Failure(description: "our own content hash does not verify")
        }
        let own = [id: KnownKey(key: publicKey, validity: .until(pdu.timestamp))]
        let verdict = EventSignatures.check(
            pdu.object,
            pdu.version,
            of: server,
            now: pdu.timestamp,
            keys: own
        )
        switch verdict {
        case .valid: break
        case .invalid: throw SignedMembership.Failure(description: "our own signature does not verify")
        case .missing, .unknownKeys:
            throw SignedMembership.Failure(description: "it has no signature of \(server) with \(id)")
        }
    }
}

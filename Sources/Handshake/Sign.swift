package import Federation
package import Matrix

/// A signed event, and the server that it goes to.
package struct OutgoingEvent: Sendable {
    package let signed: SignedMembership
    package let resident: Destination
}

/// Stage 5: builds our event of the checked template, hashes and signs it, and verifies both.
package struct Sign: Step {
    let stage = Stage.sign
    let title = "build and sign our event"
    private let template: MembershipTemplate
    private let given: MembershipEvent.Content
    private let identity: Identity
    /// Where the event is kept before it is sent, and whom it goes to.
    private let folder: RunFolder?
    private let resident: ServerName?

    package init(
        _ template: MembershipTemplate, _ content: MembershipEvent.Content, _ identity: Identity,
        for resident: ServerName? = nil, keepingIn folder: RunFolder? = nil
    ) {
        self.folder = folder
        self.resident = resident
        self.template = template
        given = content
        self.identity = identity
    }

    func run(_ journal: Journal) async throws(Failure) -> SignedMembership {
        let event = MembershipEvent(
            template, content: content, timestamp: WallClock.now(), opaque: RandomText.make(32))
        let signed: SignedMembership
        do { signed = try identity.key.sign(event) } catch {
            var failure = Failure(stage, .check, error.description)
            failure.explain(Diagnosis.named("event-not-built"), DiagnosisNames())
            throw failure
        }
        journal.note { if $0.eventID == nil { $0.eventID = signed.id } else { $0.leaveEventID = signed.id } }
        explain(signed, journal)
        journal.check("content_hash", .pass, "sha256 content hash \(signed.contentHash)", subject: signed.id.text)
        journal.check(
            "signature", .pass, "signed by \(identity.server) with \(identity.key.id)", subject: identity.key.id.text)
        journal.check("event_id", .pass, "event id \(signed.id)", subject: signed.id.text)
        let name = template.request.membership == .leave ? "leave_event.json" : "event.json"
        try folder?.keep(event: EventFile(signed, resident: resident), as: name, stage)
        return signed
    }

    /// The bytes that were hashed and signed, for those who ask for more.
    private func explain(_ signed: SignedMembership, _ journal: Journal) {
        let (object, version) = (signed.pdu.object, signed.pdu.version)
        let id = signed.id.text
        if let hashed = try? EventHashes.hashable(object, version) {
            journal.detail(
                "hashed", "hashed, as canonical JSON: \(String(decoding: hashed.bytes, as: UTF8.self))", subject: id)
        }
        if let redacted = try? EventHashes.signable(object, version) {
            journal.detail(
                "redacted",
                "redacted and signed, as canonical JSON: \(String(decoding: redacted.bytes, as: UTF8.self))",
                subject: id)
        }
        journal.detail(
            "key_chosen", "the key is \(identity.key.id), the one of \(identity.server) that is here", subject: id)
    }

    /// A display name belongs to who comes in; a reason to all.
    private var content: MembershipEvent.Content {
        var content = given
        if template.request.membership == .leave { content.displayName = nil }
        return content
    }
}

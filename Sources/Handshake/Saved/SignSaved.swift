package import Federation
package import Matrix

/// A template in a file: what `make-join` prints, a make_join answer as it came, or the event of one alone.
package struct TemplateFile: Sendable {
    /// `{"event", "room_version"}`
    package let answer: JSON.Object
    package let roomID: RoomID
    /// Whose join it is, as the template says.
    package let user: UserID
    /// Whose template it is; nil where the file does not say.
    package let resident: ServerName?

    /// `version` is what the person says of the room's version, which a template alone does not: the file's has to be
    /// the same.
    package init(parsing value: JSON, version: RoomVersion?) throws(FileFault) {
        if let fault = FileFault(value, isNo: "template", without: ["event", "type"]) { throw fault }
        let object = value.object ?? [:]
        let isBare = object["event"] == nil
        guard let event = isBare ? object : object["event"]?.object else {
            throw FileFault("its event is not an object")
        }
        let stated = isBare ? nil : try RoomVersion.named(in: object)
        guard !isBare || version != nil else {
            throw FileFault("a template alone does not say its room's version: --room-version VERSION")
        }
        if let stated, let version, stated != version {
            throw FileFault("it is of room version \(stated.id), where --room-version says \(version.id)")
        }
        let subject = try event.subject()
        guard let room = object["room_id"] == nil ? subject.room : object["room_id"]?.text.flatMap({ RoomID($0) })
        else { throw FileFault("its room_id is none") }
        var answer: JSON.Object = ["event": .object(event)]
        answer["room_version"] = (stated ?? version).map { .string($0.id) }
        self.answer = answer
        roomID = room
        user = subject.user
        resident = isBare ? nil : object["resident"]?.text.flatMap { ServerName($0) }
    }
}

/// Signs a template that was saved: stage 5 alone. Only what makes a join of `user` is taken over from it.
package struct SignSaved: Sendable {
    private let file: TemplateFile
    private let user: UserID
    private let resident: ServerName?
    private let content: MembershipEvent.Content
    private let identity: Identity
    private let journal: Journal

    package init(
        _ file: TemplateFile, for user: UserID, from resident: ServerName?, _ content: MembershipEvent.Content,
        _ identity: Identity, _ journal: Journal
    ) {
        self.file = file
        self.user = user
        self.resident = resident
        self.content = content
        self.identity = identity
        self.journal = journal
    }

    package func run() async throws(Failure) -> EventFile {
        journal.begin(.sign, "a join of \(user) to \(file.roomID)")
        journal.note {
            $0.roomID = file.roomID
            $0.resident = resident
        }
        do throws(Failure) {
            let template = try MembershipTemplate(
                savedAs: file.answer, of: file.roomID, for: user, from: resident, "template")
            journal.note { $0.roomVersion = template.statesVersion ? template.version : nil }
            template.show(journal)
            let signed = try await Sign(template, content, identity).run(journal)
            journal.end(.sign, .pass)
            return EventFile(signed, resident: resident)
        } catch {
            var failure = error
            // Then the template is of another user than the person said.
            if user != file.user { (failure.side, failure.hints) = (.ours, []) }
            journal.end(.sign, .fail, failure)
            throw failure
        }
    }
}

/// Reads back a join that was signed before: what is not ours, or not hashed and signed as it has to be, is not sent.
struct CheckSigned: Step {
    let stage = Stage.sign
    let title = "check the event that was signed before"
    private let file: EventFile
    private let resident: ServerName
    private let identity: Identity

    init(_ file: EventFile, for resident: ServerName, _ identity: Identity) {
        self.file = file
        self.resident = resident
        self.identity = identity
    }

    func run(_ journal: Journal) async throws(Failure) -> SignedMembership {
        let template = try template()
        let signed = try recognized(template)
        if let key = file.contradicts(signed) {
            throw refused("file", "its \(key) is not that of its event", Self.changed)
        }
        if let server = signed.id.server, server != identity.server {
            throw refused("event", "its id is one of \(server), not of \(identity.server)", Self.changed)
        }
        journal.note {
            $0.roomID = signed.pdu.roomID
            $0.roomVersion = template.statesVersion ? template.version : nil
            $0.eventID = signed.id
            $0.resident = resident
        }
        journal.check("content_hash", .pass, "sha256 content hash \(signed.contentHash)", subject: signed.id.text)
        journal.check(
            "signature", .pass, "signed by \(identity.server) with \(identity.key.id)", subject: identity.key.id.text)
        journal.check("event_id", .pass, "event id \(signed.id)", subject: signed.id.text)
        return signed
    }

    private func template() throws(Failure) -> MembershipTemplate {
        let (room, user): (RoomID, UserID)
        do { (room, user) = try file.subject() } catch { throw refused("event", error.description) }
        guard user.server == identity.server else {
            throw refused("event", "\(user) is not a user of \(identity.server)", Self.otherKey)
        }
        var answer: JSON.Object = ["event": .object(file.event)]
        answer["room_version"] = file.version.map { .string($0.id) }
        do throws(Failure) {
            return try MembershipTemplate(savedAs: answer, of: room, for: user, from: resident, "event")
        } catch {
            throw error.hinting(otherMembership)
        }
    }

    private func recognized(_ template: MembershipTemplate) throws(Failure) -> SignedMembership {
        let event = file.event
        guard event["hashes"] != nil || event["signatures"] != nil else {
            throw refused("event", "it is not signed yet", "fedjoin sign FILE makes a join of a template")
        }
        do { return try identity.key.recognize(event, template) } catch {
            let isSigned = event["signatures"]?[identity.server.text]?[identity.key.id.text] != nil
            throw refused("event", error.description, isSigned ? Self.changed : Self.otherKey)
        }
    }

    private static let changed = "it was changed since: send what fedjoin sign printed, as it is"
    private static let otherKey = "our name and key have to be those that signed it: -N NAME, --signing-key FILE"

    private var otherMembership: String? {
        switch file.event["content"]?["membership"]?.text {
        case "knock": "a knock goes out by fedjoin knock alone, and each is an event of its own"
        case "leave": "a leave goes out by fedjoin leave alone, and each is an event of its own"
        default: nil
        }
    }

    private func refused(_ what: String, _ problem: String, _ hint: String? = nil) -> Failure {
        .refused(what, problem).hinting(hint)
    }
}

extension Failure {
    /// What a template says is its server's doing; what is in an event of ours is our own.
    fileprivate static func refused(
        _ what: String, _ problem: String, from resident: ServerName? = nil
    ) -> Failure {
        let isTemplate = what == "template"
        let subject = what == "file" ? "the file" : "the \(what) of the file"
        return Failure(
            .sign, .check, "\(subject) must not be \(isTemplate ? "signed" : "sent"): \(problem)"
        ).explained(isTemplate ? "lying-template" : "event-not-ours", DiagnosisNames(resident))
    }

    /// With one hint in place of those of the cause.
    fileprivate func hinting(_ words: String?) -> Failure {
        guard let words, let id = hints.first?.id else { return self }
        var failure = self
        failure.hints = [Hint(id, words)]
        return failure
    }
}

extension MembershipTemplate {
    /// A template out of a file, checked as one out of an answer is. Without `resident` nobody can vouch for a
    /// restricted join.
    fileprivate init(
        savedAs answer: JSON.Object, of room: RoomID, for user: UserID, from resident: ServerName?, _ what: String
    ) throws(Failure) {
        let named = answer["event"]?["content"]?["join_authorised_via_users_server"] != nil
        guard let server = resident ?? (named ? nil : user.server) else {
            var failure = Failure.refused(
                what, "it is a restricted join, and nothing says who vouches for it: --via SERVER")
            (failure.side, failure.hints) = (.ours, [])
            throw failure
        }
        let request = TemplateRequest(
            membership: .join, roomID: room, user: user, resident: server, offered: RoomVersion.all)
        do { self = try MembershipTemplate(checking: .object(answer), for: request) } catch {
            throw .refused(what, error.description, from: resident)
        }
    }
}

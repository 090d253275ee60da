package import Federation
package import Matrix

/// What a room is judged for: the join that it was the answer to, as far as that is known.
package struct RoomSubject: Sendable {
    /// Nil where only the create event can say which room it is.
    package var roomID: RoomID?
    /// The versions that the room may be of.
    package var versions: [RoomVersion]
    /// Our event as it was sent; nil leaves the checks of the join out.
    package var event: PDU?
    package var resident: Destination?
    /// Whether the answer was asked to leave members out; nil where that is not known.
    package var asksToOmit: Bool?

    package init(
        roomID: RoomID?, versions: [RoomVersion], event: PDU?, resident: Destination?
    ) {
        self.roomID = roomID
        self.versions = versions
        self.event = event
        self.resident = resident
    }

    init(_ outgoing: OutgoingEvent, asksToOmit: Bool? = nil) {
        let template = outgoing.signed.template
        self.init(
            roomID: template.request.roomID, versions: template.possibleVersions, event: outgoing.signed.pdu,
            resident: outgoing.resident)
        self.asksToOmit = asksToOmit
    }
}

/// What came of judging a room.
package struct RoomVerdict: Sendable {
    package let id: RoomID
    package let version: RoomVersion
}

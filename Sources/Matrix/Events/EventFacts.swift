/// What an event says of itself, its format checked for its room version.
package struct EventFacts: Sendable {
    package let id: EventID
    /// The room that it says it is in; that of a version 12 create event is made of its own id.
    package let roomID: RoomID
    package let type: Text
    /// Nil for an event that is no state event.
    package let stateKey: Text?
    package let sender: UserID
    /// Milliseconds since 1970, as the sender's server claims.
    package let timestamp: Int
    /// The reference hash, or what stands for it.
    package let key: EventKey
    package let authEvents: [EventKey]
    /// The ids in `auth_events`, in versions 1 and 2 alone: from 3 on they can be told from their keys.
    package let chosenAuthEvents: [EventID]
    /// The only event before it; nil where there are none or several.
    package let previous: EventKey?
    package let hasPrevious: Bool
    /// Whether `hashes.sha256` is the content hash.
    package let contentMatches: Bool

    package var isCreate: Bool { type == "m.room.create" && stateKey == "" }
}

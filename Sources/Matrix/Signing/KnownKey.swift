/// A server's key, and for which times it speaks (server-server API, "Publishing Keys"). Times in ms since 1970.
package struct KnownKey: Sendable, Hashable {
    package enum Validity: Sendable, Hashable {
        /// A current key, whose document is valid until then.
        case until(Int)
        /// An old key, which stopped signing then.
        case expired(Int)
    }

    package let key: VerifyKey
    package let validity: Validity

    package init(key: VerifyKey, validity: Validity) {
        self.key = key
        self.validity = validity
    }

    private static let week = 7 * 86_400_000

    /// Whether the key speaks for an event of time `timestamp`.
    ///
    /// An old key only before it expired, in every version. A current key up to the end of its document's validity,
    /// but no further than a week from `now`, where `isEnforced`: from room version 5 on (its "Signing key validity
    /// period"); before, `valid_until_ts` is ignored.
    package func isValid(at timestamp: Int, now: Int, isEnforced: Bool) -> Bool {
        switch validity {
        case .expired(let end): timestamp < end
        case .until(let end): !isEnforced || timestamp <= min(end, now + Self.week)
        }
    }

    /// Whether its server may sign with it at `now`: it is no old one, and its document is still valid.
    package func isCurrent(at now: Int) -> Bool { if case .until(let end) = validity { now < end } else { false } }
}

/// Where a rule stands among those of its version: the number that the version's text gives it, such as `5.3.3`.
package struct RuleNumber: Sendable, Hashable, CustomStringConvertible {
    /// Of each level one byte, the innermost last; 0 above the first rule.
    private let places: UInt64

    /// Above all rules.
    package static let top = RuleNumber(places: 0)

    private init(places: UInt64) { self.places = places }

    /// The one at `index`, from 0, of those below it; there are eight levels at most, of 255 rules each.
    package func below(_ index: Int) -> RuleNumber {
        precondition(index < 255 && places >> 56 == 0, "rules too many or too deep for a number")
        return RuleNumber(places: places << 8 | UInt64(index + 1))
    }

    package var text: Text { Text(description) }

    package var description: String {
        stride(from: 56, through: 0, by: -8).map { places >> $0 & 255 }.drop { $0 == 0 }
            .map { String($0) }.joined(separator: ".")
    }
}

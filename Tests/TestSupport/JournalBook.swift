internal import Federation
package import Handshake

/// A journal, and all that was written in it.
package final class JournalBook: Sendable {
    private final class Pages: Sendable {
        let records = Locked<[Record]>([])
    }

    private let pages: Pages
    package let journal: Journal

    package init(_ options: JournalOptions = JournalOptions()) {
        let pages = Pages()
        self.pages = pages
        journal = Journal(options) { record in pages.records.withLock { $0.append(record) } }
    }

    package var records: [Record] { pages.records.withLock { $0 } }

    package var checks: [Check] {
        records.compactMap { record in if case .check(let check) = record.event { check } else { nil } }
    }

    package var rooms: [RoomSummary] {
        records.compactMap { record in if case .room(let room) = record.event { room } else { nil } }
    }

    package var exchanges: [HTTPExchange] {
        records.compactMap { record in if case .http(let exchange) = record.event { exchange } else { nil } }
    }

    package var rules: [RuleFinding] {
        records.compactMap { record in if case .rule(let found) = record.event { found } else { nil } }
    }

    package var addresses: [AddressProbe] {
        records.compactMap { record in if case .address(let probe) = record.event { probe } else { nil } }
    }

    package var stageEnds: [StageEnd] {
        records.compactMap { record in if case .stageEnd(let end) = record.event { end } else { nil } }
    }

    package var stagesBegun: [Stage] {
        records.compactMap { record in if case .stageStart(let start) = record.event { start.stage } else { nil } }
    }

    /// What came of the checks called `name`, in their order.
    package func results(_ name: String) -> [Outcome] { checks.filter { $0.check == name }.map(\.result) }

    /// The details of the checks called `name`.
    package func details(_ name: String) -> [String] { checks.filter { $0.check == name }.map(\.detail) }
}

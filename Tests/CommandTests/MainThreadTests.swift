import Testing

@testable import Federation
@testable import Handshake
@testable import fedjoin

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct MainThreadTests {
    /// Threads have no name that is the same type on every system.
    private static func here() -> Int { Int(bitPattern: pthread_self()) }

    /// What `work` comes to on a thread of its own, which has its job for good.
    private func onOne<Output: Sendable>(_ work: @escaping @Sendable () async -> Output) async -> Output {
        let thread = MainThread()
        startThread { thread.run() }
        return await Task(executorPreference: thread) { await work() }.value
    }

    @Test func `a command's tasks take turns on one thread, those of their groups, too`() async {
        let seen = await onOne {
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        await Task.yield()
                        return Self.here()
                    }
                }
                return await group.reduce(into: Set([Self.here()])) { $0.insert($1) }
            }
        }
        #expect(seen.count == 1)
    }

    @Test func `what waits comes back to that thread`() async {
        let (before, after) = await onOne {
            let before = Self.here()
            try? await Task.sleep(for: .milliseconds(1))
            return (before, Self.here())
        }
        #expect(before == after)
    }

    @Test(arguments: [(64, true), (65, false)])
    func `work on many things leaves it, work on few does not`(count: Int, stays: Bool) async {
        let (caller, worker, back) = await onOne {
            (Self.here(), await Spread.apart(count) { Self.here() }, Self.here())
        }
        #expect((worker == caller) == stays)
        #expect(back == caller)
    }
}

internal import Dispatch
internal import Federation

/// The process's first thread, on which a command's tasks take turns: most of the time they wait for others, and what
/// keeps cores busy is handed to Swift's own threads. Those need not be there for a small run, which spares a join 5 %
/// of its CPU time.
final class MainThread: TaskExecutor {
    private let jobs = Locked<[UnownedJob]>([])
    private let filled = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasEmpty = jobs.withLock { jobs in
            defer { jobs.append(job) }
            return jobs.isEmpty
        }
        if wasEmpty { filled.signal() }
    }

    /// Runs the jobs as they come; to be called on the first thread, once.
    func run() -> Never {
        while true {
            filled.wait()
            let ready = jobs.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in ready { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}

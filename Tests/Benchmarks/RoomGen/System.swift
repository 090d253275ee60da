internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why the program ends without having done what it was told.
struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A file that is written from the beginning.
struct Output {
    private let file: UnsafeMutablePointer<FILE>
    private let path: String
    private(set) var count = 0

    init(_ path: String) throws {
        guard let file = fopen(path, "w") else { throw Trouble("\(path): \(String(cString: strerror(errno)))") }
        setvbuf(file, nil, _IOFBF, 1 << 20)
        self.file = file
        self.path = path
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws {
        let done = bytes.withContiguousStorageIfAvailable { fwrite($0.baseAddress, 1, $0.count, file) } ?? 0
        guard done == bytes.count else { throw Trouble("\(path): \(String(cString: strerror(errno)))") }
        count += done
    }

    mutating func write(_ text: String) throws { try write(Array(text.utf8)) }

    func close() throws {
        guard fclose(file) == 0 else { throw Trouble("\(path): \(String(cString: strerror(errno)))") }
    }
}

enum System {
    static func fail(_ words: String) -> Never {
        let line = Array("\(words)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(1)
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Trouble("\(path): \(String(cString: strerror(errno)))")
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Trouble("\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    static var cores: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

    static var wallTime: Double { time(CLOCK_MONOTONIC) }
    static var cpuTime: Double { time(CLOCK_PROCESS_CPUTIME_ID) }

    private static func time(_ clock: clockid_t) -> Double {
        var value = timespec()
        clock_gettime(clock, &value)
        return Double(value.tv_sec) + Double(value.tv_nsec) / 1e9
    }
}

/// Numbers from 0 on, each for one taker only.
private final class Turns: Sendable {
    private let next = Atomic<Int>(0)

    func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}

/// What `body` makes of each number below `count`, on `threads` threads; a thread that is done early takes more.
func spread<T: Sendable>(
    _ count: Int, threads: Int = System.cores, _ body: @escaping @Sendable (Int) -> T
) async -> [T] {
    let turns = Turns()
    var results = [T?](repeating: nil, count: count)
    await withTaskGroup(of: [(Int, T)].self) { group in
        for _ in 0..<threads {
            group.addTask {
                var part: [(Int, T)] = []
                while case let turn = turns.take(), turn < count { part.append((turn, body(turn))) }
                return part
            }
        }
        for await part in group {
            for (i, result) in part { results[i] = result }
        }
    }
    return results.compactMap(\.self)
}

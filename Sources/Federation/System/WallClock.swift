// In a whole-module build the compiler takes the struct tm for libcurl's, whose headers include <time.h>.
internal import CCurl

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Times as Matrix has them: milliseconds since 1970, UTC.
package enum WallClock {
    package static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }

    /// `2026-11-22T20:26:46.528Z`; a time outside the years 1 to 9999 as its bare number.
    package static func iso8601(_ milliseconds: Int) -> String {
        guard (-62_135_596_800_000...253_402_300_799_999).contains(milliseconds) else { return String(milliseconds) }
        var seconds = time_t(milliseconds.floorDivided(by: 1000))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [
            padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2), padded(Int(parts.tm_mday), 2),
        ]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        let rest = milliseconds - milliseconds.floorDivided(by: 1000) * 1000
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(padded(rest, 3))Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int {
    fileprivate func floorDivided(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

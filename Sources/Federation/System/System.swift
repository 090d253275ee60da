#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What the machine has.
package enum System {
    /// How many cores may be used.
    package static let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

// The list is a variable of C: nothing here changes it, and it is read before there is a second thread.
#if canImport(Glibc)
@preconcurrency internal import Glibc
#else
@preconcurrency internal import Darwin
#endif

/// What the environment has, besides single variables by name.
enum Environment {
    /// The variables whose names begin with `prefix`.
    static func named(_ prefix: String) -> [(name: String, value: String)] {
        var named: [(name: String, value: String)] = []
        #if canImport(Glibc)
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        #else
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = _NSGetEnviron().pointee
        #endif
        while let entry = next?.pointee {
            next = next?.advanced(by: 1)
            guard strncmp(entry, prefix, prefix.utf8.count) == 0 else { continue }
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                named.append((String(text[..<sign]), String(text[text.index(after: sign)...])))
            }
        }
        return named
    }
}

// The list is a variable of C: nothing here changes it, and it is read before there is a second thread.
#if canImport(Glibc)
@preconcurrency internal import Glibc
#else
@preconcurrency internal import Darwin
#endif

/// The environment as a list.
enum Environment {
    static var all: [(name: String, value: String)] {
        var all: [(name: String, value: String)] = []
        #if canImport(Glibc)
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        #else
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = _NSGetEnviron().pointee
        #endif
        while let entry = next?.pointee {
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                all.append((String(text[..<sign]), String(text[text.index(after: sign)...])))
            }
            next = next?.advanced(by: 1)
        }
        return all
    }
}

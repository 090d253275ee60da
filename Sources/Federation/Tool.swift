/// What this program is called, everywhere.
package enum Tool {
    package static let name = "fedjoin"
    package static let version = "0.1.0"
}

/// A federation request as it is signed (server-server API, "Request Authentication").
package struct SignableRequest: Sendable, Hashable {
    package let method: Text
    /// Path and query exactly as they go over the wire, percent-encoding included.
    package let uri: Text
    package let origin: ServerName
    package let destination: ServerName
    /// The body, parsed; nil where there is none, which is not the same as an empty object.
    package let content: JSON?

    package init(method: Text, uri: Text, origin: ServerName, destination: ServerName, content: JSON?) {
        self.method = method
        self.uri = uri
        self.origin = origin
        self.destination = destination
        self.content = content
    }

    /// The object whose canonical form is signed, without `signatures`.
    package var object: JSON.Object {
        var object: JSON.Object = [
            "method": .string(method), "uri": .string(uri), "origin": .string(origin.text),
            "destination": .string(destination.text),
        ]
        object["content"] = content
        return object
    }
}

extension SigningKey {
    /// The X-Matrix header for `request`; fails only where its content has a number without canonical form.
    package func authorization(for request: SignableRequest) throws(CanonicalJSON.Failure) -> XMatrix {
        XMatrix(
            origin: request.origin.text,
            destination: request.destination.text,
            key: id.text,
            signature: Base64.encode(signature(of: try CanonicalJSON(request.object)))
        )
    }
}

/// The `Authorization: X-Matrix` header (server-server API, "Request Authentication").
package struct XMatrix: Sendable, Hashable {
    package let origin: Text
    /// Absent from servers older than v1.3.
    package let destination: Text?
    package let key: Text
    package let signature: Text

    package init(origin: Text, destination: Text?, key: Text, signature: Text) {
        self.origin = origin
        self.destination = destination
        self.key = key
        self.signature = signature
    }

    /// The header's value in the form that old receivers need: one space after the scheme, lower-case names, no white
    /// space at commas, every value quoted and none that wants a backslash.
    package var value: Text { header(signature: signature) }

    /// The same for people and reports, which a signature is no business of.
    package var redacted: Text { header(signature: "[redacted]") }

    private func header(signature: Text) -> Text {
        let destination = destination.map { ",destination=\"\($0)\"" } ?? ""
        return Text("X-Matrix origin=\"\(origin)\",key=\"\(key)\",sig=\"\(signature)\"\(destination)")
    }

    /// Whether `key` of the origin made this header for `request`.
    package func isValid(for request: SignableRequest, key: VerifyKey) -> Bool {
        guard let bytes = Base64.decode(signature), let canonical = try? CanonicalJSON(request.object) else {
            return false
        }
        return key.verifies(bytes, of: canonical.bytes)
    }
}

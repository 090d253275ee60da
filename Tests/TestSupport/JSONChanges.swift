package import Matrix

extension JSON {
    /// The same value with the member at `path` set, or taken out.
    package func changing(_ path: Text..., to value: JSON?) -> JSON { changing(path[...], to: value) }

    private func changing(_ path: ArraySlice<Text>, to value: JSON?) -> JSON {
        guard let first = path.first, var object else { return value ?? self }
        object[first] = path.count == 1 ? value : (object[first] ?? [:]).changing(path.dropFirst(), to: value)
        return .object(object)
    }

    /// The same list with one element more.
    package func appending(_ element: JSON) -> JSON { .array((array ?? []) + [element]) }
}

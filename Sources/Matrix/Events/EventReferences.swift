/// Lists of event references: ids, or in versions 1 and 2 pairs of an id and an object of hashes.
enum EventReferences {
    /// The ids that `value` names in the form of `version`, each any number of times.
    static func read(_ value: JSON?, _ key: Text, _ version: RoomVersion) throws(PDU.Failure) -> [EventID] {
        guard let elements = value?.array else { throw PDU.Failure(description: "\(key) is not a list") }
        var ids: [EventID] = []
        ids.reserveCapacity(elements.count)
        for element in elements {
            guard let id = id(of: element, version) else {
                throw PDU.Failure(
                    description: "\(key) holds what is no event reference of room version \(version.id)"
                )
            }
            ids.append(id)
        }
        return ids
    }

    static func id(of element: JSON, _ version: RoomVersion) -> EventID? {
        let text: Text?
        if version.choosesEventIDs {
            guard let pair = element.array, pair.count == 2, isHashes(pair[1]) else { return nil }
            text = pair[0].text
        } else {
            text = element.text
        }
        guard let id = text.flatMap({ EventID($0) }), version.admits(id) else { return nil }
        return id
    }

    /// `{}` or `{"sha256": base64}`, and nothing beside it.
    private static func isHashes(_ value: JSON) -> Bool {
        guard let object = value.object else { return false }
        return object.members.allSatisfy { $0.key == "sha256" && $0.value.text.flatMap(Base64.decode) != nil }
    }
}

extension VerifyKey {
    /// Public halves of keys whose private halves are known to others, which homeservers refuse: that of
    /// CVE-2026-24044 (ELEMENTSEC-2025-1670), which many installations shared.
    package static let leaked: Set<VerifyKey> = Set(
        ["l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og"].compactMap { VerifyKey(base64: $0) })
}

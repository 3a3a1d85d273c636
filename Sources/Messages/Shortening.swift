extension String {
    /// A peer's text as messages quote it: at most `bytes` bytes of UTF-8, and dots where more is left out. Counted in bytes, for
    /// one character may be made of any number of them.
    public func shortened(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var kept = UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= bytes else { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }
}

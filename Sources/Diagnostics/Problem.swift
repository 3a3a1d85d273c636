/// An expected fault, told to the person who can mend it: what is wrong, where, and what to do.
///
///     throw Problem("unknown field \"lable\"", at: "recipe.json", remedy: "did you mean \"label\"?")
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in one clause without a full stop.
    public var what: String
    /// Where: a file, an offset, a field, an endpoint. Nil where `what` says it all.
    public var location: String?
    /// What to do about it. Nil where nothing can be done.
    public var remedy: String?

    public init(_ what: String, at location: String? = nil, remedy: String? = nil) {
        self.what = what
        self.location = location
        self.remedy = remedy
    }

    /// One line: `location: what; remedy`.
    public var description: String {
        (location.map { "\($0): " } ?? "") + what + (remedy.map { "; \($0)" } ?? "")
    }
}

import Diagnostics

/// A claim's verdict with the figures it rests on.
public struct ClaimRow: Hashable, Sendable {
    /// `sharpening`, `linear error`, `universality`, `pruning`.
    public var claim: String
    /// `upheld`, `not upheld`, `not tested`.
    public var verdict: String
    /// The claim in a sentence, or what is missing for a verdict.
    public var text: String
    /// JSON text.
    public var figures: String

    public init(claim: String, verdict: String, text: String, figures: String) {
        self.claim = claim
        self.verdict = verdict
        self.text = text
        self.figures = figures
    }
}

extension Journal {
    /// Replaces all verdicts.
    public func record(_ claims: [ClaimRow]) throws(Problem) {
        try transaction { () throws(Problem) in
            try database.execute("DELETE FROM claims")
            for claim in claims {
                try database.execute(
                    "INSERT INTO claims (claim, verdict, text, figures) VALUES (?, ?, ?, ?)", claim.claim, claim.verdict, claim.text,
                    claim.figures)
            }
        }
    }
}

extension JournalReading {
    /// In the order in which they were recorded.
    public func claims() throws(Problem) -> [ClaimRow] {
        try database.rows("SELECT claim, verdict, text, figures FROM claims ORDER BY rowid") { row throws(Problem) in
            ClaimRow(claim: try row.string(0), verdict: try row.string(1), text: try row.string(2), figures: try row.string(3))
        }
    }
}

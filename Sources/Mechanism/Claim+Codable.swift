/// In JSON: `{"claim": 1, "name", "statement", "verdict", "missing" (where not tested), "figures"}`.
extension Claim: Codable {
    private enum CodingKeys: String, CodingKey { case number = "claim", name, statement, verdict, missing, figures }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let verdict: Verdict
        switch try container.decode(String.self, forKey: .verdict) {
        case Verdict.upheld.name: verdict = .upheld
        case Verdict.notUpheld.name: verdict = .notUpheld
        case "not tested": verdict = .notTested(missing: try container.decode(String.self, forKey: .missing))
        case let other:
            throw DecodingError.dataCorruptedError(forKey: .verdict, in: container, debugDescription: "unknown verdict \"\(other)\"")
        }
        self.init(
            number: try container.decode(Int.self, forKey: .number), name: try container.decode(String.self, forKey: .name),
            statement: try container.decode(String.self, forKey: .statement), verdict: verdict,
            figures: try container.decode([Figure].self, forKey: .figures))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(name, forKey: .name)
        try container.encode(statement, forKey: .statement)
        try container.encode(verdict.name, forKey: .verdict)
        if case .notTested(let missing) = verdict { try container.encode(missing, forKey: .missing) }
        try container.encode(figures, forKey: .figures)
    }
}

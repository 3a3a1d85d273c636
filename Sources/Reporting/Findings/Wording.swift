import Mechanism

/// Phrases made from figures. Whether one rises or falls is judged by the figures as they are shown, so that words and numbers
/// cannot part.
enum Wording {
    /// `rises from 14.56 % to 40.00 %`, `falls from … to …` or `stays at …`.
    static func change(_ first: Double, _ last: Double, _ shown: (Double) -> String) -> String {
        let (from, to) = (shown(first), shown(last))
        if from == to { return "stays at \(to)" }
        return "\(last > first ? "rises" : "falls") from \(from) to \(to)"
    }

    /// The same with the case "no noise", which is above every ratio; nil where either is undefined.
    static func change(_ first: SignalToNoise, _ last: SignalToNoise) -> String? {
        switch (first, last) {
        case (.ratio(let first), .ratio(let last)): change(first, last) { NumberText.short($0) }
        case (.ratio(let first), .noNoise): "is \(NumberText.short(first)) at first, and at last there is no noise at all"
        case (.noNoise, .ratio(let last)): "is \(NumberText.short(last)) at last, where at first there was no noise at all"
        case (.noNoise, .noNoise): "has no value, since there is no noise at either end"
        case (.undefined, _), (_, .undefined): nil
        }
    }

    /// `1.84 points below`, `0.12 points above`, `as good as`, for shares between 0 and 1.
    static func difference(_ value: Double, from other: Double) -> String {
        let points = NumberText.fixed(100 * abs(value - other), 2)
        if points == "0.00" { return "as good as" }
        return "\(points) \(points == "1.00" ? "point" : "points") \(value > other ? "above" : "below")"
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `By the bounds of the recipe the claim of sharpening is upheld; those of linear error and pruning are not tested.` Empty
    /// without claims.
    static func verdicts(_ claims: [Claim]) -> [String] {
        let parts = ["upheld", "not upheld", "not tested"].compactMap { verdict -> (names: [String], verdict: String)? in
            let names = claims.filter { $0.verdict.name == verdict }.map(\.name)
            return names.isEmpty ? nil : (names, verdict)
        }
        guard !parts.isEmpty else { return [] }
        let words = parts.enumerated().map { index, part in
            let subject = part.names.count == 1 ? (index == 0 ? "the claim" : "that") : (index == 0 ? "the claims" : "those")
            return "\(subject) of \(list(part.names)) \(part.names.count == 1 ? "is" : "are") \(part.verdict)"
        }
        return ["By the bounds of the recipe \(words.joined(separator: "; "))."]
    }
}

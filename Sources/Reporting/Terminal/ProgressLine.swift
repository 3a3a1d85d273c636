/// What a progress bar says at one moment, as a pure function: one line, never longer than the terminal is wide.
///
///     training  [===========>              ]  42 %  1260/3000 steps  512 images/s  3 min 20 s left
public struct ProgressLine: Hashable, Sendable {
    public var label: String
    public var done: Int
    public var total: Int
    /// What `done` and `total` count: `steps`, `filters`.
    public var unit: String
    /// Per second, of `rateUnit`; nil while unknown.
    public var rate: Double?
    public var rateUnit: String
    public var secondsLeft: Double?
    /// More to show at the end, `loss 0.412`.
    public var note: String

    public init(
        label: String, done: Int, total: Int, unit: String, rate: Double? = nil, rateUnit: String = "images",
        secondsLeft: Double? = nil, note: String = ""
    ) {
        self.label = label
        self.done = done
        self.total = total
        self.unit = unit
        self.rate = rate
        self.rateUnit = rateUnit
        self.secondsLeft = secondsLeft
        self.note = note
    }

    /// Done as a share of the total, 0 to 1; 0 for an empty total.
    public var share: Double { total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0 }

    /// - Parameters:
    ///   - width: columns of the terminal.
    ///   - colored: whether the bar's done part carries a terminal colour.
    public func text(width: Int = 80, colored: Bool = false) -> String {
        var parts = [String(Int(share * 100)) + " %", "\(done)/\(total) \(unit)"]
        if let rate { parts.append("\(NumberText.short(rate)) \(rateUnit)/s") }
        if let secondsLeft { parts.append("\(NumberText.duration(secondsLeft)) left") }
        if !note.isEmpty { parts.append(TextColumns.printable(note)) }
        let label = TextColumns.printable(label)
        // What does not fit goes, the last first; the bar takes what room is left.
        var figures = parts.joined(separator: "  ")
        while parts.count > 1, label.terminalColumns + 2 + 2 + 8 + 2 + figures.terminalColumns > width {
            parts.removeLast()
            figures = parts.joined(separator: "  ")
        }
        let room = width - label.terminalColumns - figures.terminalColumns - 6
        guard room >= 4 else { return TextColumns.truncated("\(label)  \(figures)", to: width) }
        let length = min(room, 30)
        let filled = Int(share * Double(length))
        let tip = filled > 0 && filled < length
        let bar = String(repeating: "=", count: tip ? filled - 1 : filled) + (tip ? ">" : "")
        let rest = String(repeating: " ", count: length - filled)
        return "\(label)  [\(colored ? "\u{1B}[36m\(bar)\u{1B}[0m" : bar)\(rest)]  \(figures)"
    }
}

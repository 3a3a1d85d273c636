import Mechanism

/// What a sweep found, in plain words made from its figures.
enum SweepFindings {
    static func text(_ document: SweepDocument) -> String {
        let numbers = Set(document.points.map(\.labels)).sorted()
        guard let least = numbers.first, let greatest = numbers.last, least < greatest else {
            return document.points.isEmpty
                ? "No network has been trained yet." : "All networks have the same number of labels, so that nothing can be said of what it does."
        }
        func mean(_ labels: Int, _ value: (SweepDocument.Point) -> Double?) -> Double? {
            let values = document.points.filter { $0.labels == labels }.compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        var sentences: [String] = []
        if let first = mean(least, \.testError), let last = mean(greatest, \.testError) {
            let change = Wording.change(first, last) { NumberText.percent($0) }
            sentences.append("From \(least) to \(greatest) labels the test error \(change).")
        }
        sentences += line(document.fits)
        let means: [(name: String, text: (Double) -> String, value: (SweepDocument.Point) -> Double?)] = [
            ("mean cluster size", { NumberText.fixed($0, 2) }, \.meanClusterSize),
            ("mean number of clusters per filter", { NumberText.fixed($0, 2) }, \.meanClustersPerFilter),
            ("signal-to-noise ratio", { NumberText.short($0) }, \.signalToNoise.ratio),
        ]
        for item in means {
            if let first = mean(least, item.value), let last = mean(greatest, item.value) {
                sentences.append("The \(item.name) \(Wording.change(first, last, item.text)).")
            } else {
                sentences.append("The \(item.name) has no value at \(mean(least, item.value) == nil ? least : greatest) labels.")
            }
        }
        let single = numbers.filter { number in document.points.count { $0.labels == number } == 1 }
        if !single.isEmpty {
            sentences.append(
                "At \(Wording.list(single.map(String.init))) labels there is one network only, whose spread is taken from the others.")
        }
        return (sentences + Wording.verdicts(document.claims.filter { $0.number == 2 || $0.number == 3 })).joined(separator: " ")
    }

    /// What the line of error against K is worth.
    private static func line(_ fits: SweepFits?) -> [String] {
        guard let fits else { return ["There are too few numbers of labels for a line through the errors."] }
        let line = fits.error
        let range = line.slopeInterval
        var text = "A straight line explains \(NumberText.percent(line.rSquared, digits: 0)) of the variance of the errors; it "
        text += line.slope == 0 ? "neither rises nor falls" : "\(line.slope > 0 ? "rises" : "falls") by \(NumberText.short(100 * abs(line.slope))) points per label"
        text += " (95 % interval of the slope \(signed(100 * range.lower)) to \(signed(100 * range.upper)))"
        if range.lower <= 0, range.upper >= 0 { text += ", and the interval does not exclude that the error stays the same" }
        var sentences = [text + "."]
        if let straight = fits.linearAICc, let curved = fits.quadraticAICc {
            sentences.append(
                curved < straight
                    ? "A parabola describes the errors better than the line: its AICc is lower by \(NumberText.short(straight - curved))."
                    : "A parabola describes the errors no better than the line.")
        }
        return sentences
    }

    private static func signed(_ value: Double) -> String { NumberText.short(value).replacing("-", with: "−") }
}

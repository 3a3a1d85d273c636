import Mechanism

/// What a sweep found, in plain words made from its figures.
enum SweepFindings {
    static func text(_ document: SweepDocument) -> String {
        let numbers = Set(document.points.map(\.labels)).sorted()
        guard let least = numbers.first, let greatest = numbers.last, least < greatest else {
            return "All networks have the same number of labels, so that nothing can be said of what it does."
        }
        func mean(_ labels: Int, _ value: (SweepDocument.Point) -> Double?) -> Double? {
            let values = document.points.filter { $0.labels == labels }.compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        var sentences: [String] = []
        if let first = mean(least, \.testError), let last = mean(greatest, \.testError) {
            let verb = last > first ? "rises" : last < first ? "falls" : "stays"
            sentences.append(
                "From \(least) to \(greatest) labels the test error \(verb) from \(NumberText.percent(first)) to \(NumberText.percent(last)).")
        }
        for (name, value) in [("mean cluster size", \SweepDocument.Point.meanClusterSize), ("mean number of clusters per filter", \.meanClustersPerFilter)] {
            guard let first = mean(least, { $0[keyPath: value] }), let last = mean(greatest, { $0[keyPath: value] }) else { continue }
            sentences.append("The \(name) goes from \(NumberText.fixed(first, 2)) to \(NumberText.fixed(last, 2)).")
        }
        for claim in document.claims where claim.number == 2 || claim.number == 3 {
            sentences.append("The claim of \(claim.name) is \(claim.verdict.name) by these figures.")
        }
        return sentences.joined(separator: " ")
    }
}

import Mechanism

/// What one run found, in plain words made from its figures.
enum RunFindings {
    static func text(_ summary: RunSummary, claims: [Claim]) -> String {
        let layers = summary.layers
        var sentences = accuracy(summary)
        if let first = layers.first, let last = layers.last, layers.count > 1 {
            sentences += noise(layers)
            if let words = Wording.change(first.signalToNoise, last.signalToNoise) {
                sentences.append("The signal-to-noise ratio \(words).")
            } else {
                sentences.append("The signal-to-noise ratio is undefined in \(undefinedLayers(layers)), where no filter says anything.")
            }
        }
        if let last = layers.last { sentences.append(clusters(last)) }
        return (sentences + Wording.verdicts(claims)).joined(separator: " ")
    }

    private static func accuracy(_ summary: RunSummary) -> [String] {
        var sentences: [String] = []
        let known = summary.layers.filter { $0.accuracy != nil }
        let values = known.compactMap(\.accuracy)
        if let first = values.first, let last = values.last, values.count > 1 {
            var sentence = "From \(known[0].layer) to \(known[known.count - 1].layer) the accuracy of the heads "
            sentence += Wording.change(first, last) { NumberText.percent($0) }
            let falls = zip(values, values.dropFirst()).count { $1 < $0 }
            let rises = zip(values, values.dropFirst()).count { $1 > $0 }
            if last > first { sentence += falls == 0 ? ", without a step down" : ", with \(falls) \(falls == 1 ? "step" : "steps") down on the way" }
            if last < first { sentence += ", with \(rises) \(rises == 1 ? "step" : "steps") up on the way" }
            sentences.append(sentence + ".")
        } else if let only = values.first {
            sentences.append("The head of \(known[0].layer) names \(NumberText.percent(only)) of the test images correctly.")
        } else if !summary.layers.isEmpty {
            sentences.append("How accurate the heads are was not measured, so that nothing can be said of a rise from layer to layer.")
        }
        if let whole = summary.testAccuracy {
            var sentence = "The network itself names \(NumberText.percent(whole)) of the test images correctly"
            if let head = summary.layers.last?.accuracy { sentence += ", \(Wording.difference(whole, from: head)) its last layer's head" }
            sentences.append(sentence + ".")
            let chance = 1 / Double(max(1, summary.labels))
            if summary.labels > 1, whole < 1.5 * chance {
                sentences.append("That is hardly better than guessing, which is right for \(NumberText.percent(chance)).")
            }
        }
        return sentences
    }

    private static func noise(_ layers: [LayerRow]) -> [String] {
        let silent = layers.filter { $0.meanNoise == nil }
        guard silent.isEmpty, let first = layers.first?.meanNoise, let last = layers.last?.meanNoise else {
            return ["The noise per filter is undefined in \(Wording.list(silent.map(\.layer))), where no filter has a cluster."]
        }
        return ["The noise per filter \(Wording.change(first, last) { NumberText.short($0) })."]
    }

    private static func undefinedLayers(_ layers: [LayerRow]) -> String {
        Wording.list(layers.filter { $0.signalToNoise == .undefined }.map(\.layer))
    }

    private static func clusters(_ layer: LayerRow) -> String {
        guard let number = layer.meanClustersPerFilter, let size = layer.meanClusterSize else {
            return "In \(layer.layer) none of the \(layer.filters) filters vouches for any label."
        }
        return "In \(layer.layer) \(layer.activeFilters) of \(layer.filters) filters vouch for labels, with "
            + "\(NumberText.fixed(number, 2)) clusters of \(NumberText.fixed(size, 2)) labels on average."
    }
}

/// `What was found`.
enum FindingsSection {
    static func html(_ input: ReportInput) -> String {
        var html = HTML.paragraph(HTML.escaped(RunFindings.text(input.summary, claims: input.claims)))
        if let pruned = input.pruned { html += PruneFindings.sentences(pruned).map { HTML.paragraph(HTML.escaped($0)) }.joined() }
        return HTML.section("found", "What was found", html)
    }
}

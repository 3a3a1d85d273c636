/// What pruning found, in plain words made from its figures: one paragraph for each network that AFCC pruned.
enum PruneFindings {
    static func sentences(_ document: PruneDocument) -> [String] {
        document.variants.filter { $0.method == .clusters }.map { variant in
            let baselines = document.variants.filter { $0.method != .clusters && $0.threshold == variant.threshold }
            var text = "AFCC at threshold \(NumberText.plain(variant.threshold)) keeps \(NumberText.percent(variant.density)) of the connections of "
                + "the pruned layers. Masked, the network names \(NumberText.percent(variant.accuracyMasked)) of the test images correctly instead of "
                + "\(NumberText.percent(document.accuracy)); retrained, \(NumberText.percent(variant.accuracyRetrained)), "
                + "\(Wording.difference(variant.accuracyRetrained, from: document.accuracy)) the whole network."
            if baselines.isEmpty {
                text += " There is no baseline to compare with."
            } else {
                let compared = baselines.map {
                    "\(Wording.difference(variant.accuracyRetrained, from: $0.accuracyRetrained)) \($0.method.words) "
                        + "(\(NumberText.percent($0.accuracyRetrained)))"
                }
                text += " After the same retraining that is \(Wording.list(compared))."
            }
            if let compact = variant.compact {
                text += " Without the channels that the mask empties it makes \(NumberText.percent(Double(compact.multiplyAdds) / Double(document.multiplyAdds))) of "
                    + "the multiply-adds and names \(NumberText.fixed(compact.imagesPerSecond, 0)) images a second on one thread; dense, \(NumberText.fixed(compact.imagesPerSecondDense, 0))."
            }
            return text
        }
    }
}

extension PruneDocument.Method {
    /// As the report names it.
    var words: String {
        switch self {
        case .clusters: "AFCC"
        case .random: "random clusters"
        case .magnitude: "the largest weights"
        }
    }
}

import Networks

/// Where the time of a training step goes, from a `StepProfile` of all lanes.
struct ProfileResult: Encodable {
    struct Section: Encodable {
        let section: String
        /// nil for what is not of one layer, and for totals.
        let layer: String?
        /// Of all lanes together, a step.
        let milliseconds: Double
        /// Of all lanes' time from a step's beginning to its end.
        let share: Double
    }

    let threads: Int
    /// From its beginning to its end, the mean of the timed runs' steps.
    let stepMilliseconds: Double
    let sections: [Section]
    /// Each kind of section, layers added up, and the lanes' waiting: they make up the step.
    let totals: [Section]
    /// The share of all that is not convolution: waiting too.
    let outsideConvolutions: Double

    private enum CodingKeys: String, CodingKey {
        case threads
        case stepMilliseconds = "step_milliseconds"
        case sections, totals
        case outsideConvolutions = "outside_convolutions"
    }

    /// - Parameters:
    ///   - profile: of `steps` steps.
    ///   - seconds: that they took together.
    init(_ profile: StepProfile, layers: [String], threads: Int, steps: Int, seconds: Double) {
        self.threads = threads
        stepMilliseconds = seconds / Double(steps) * 1000
        let laneSeconds = seconds * Double(threads)
        func section(_ name: String, _ layer: String?, _ time: Double) -> Section {
            Section(section: name, layer: layer, milliseconds: time / Double(steps) * 1000, share: time / laneSeconds)
        }
        // Kinds of the other family of networks took no time.
        let kinds = StepProfile.Kind.allCases.filter { profile.total($0) > .zero }
        sections = kinds.flatMap { kind in
            kind.isOfLayer
                ? layers.indices.map { section(kind.rawValue, layers[$0], profile.duration(kind, layer: $0).seconds) }
                : [section(kind.rawValue, nil, profile.total(kind).seconds)]
        }
        // A lane waits for the others, for its thread to start, and while one thread alone adds sums up.
        let waiting = max(0, laneSeconds - profile.total.seconds)
        totals = kinds.map { section($0.rawValue, nil, profile.total($0).seconds) } + [section("waiting", nil, waiting)]
        let convolutions = StepProfile.Kind.allCases.filter(\.isConvolution).reduce(0) { $0 + profile.total($1).seconds }
        outsideConvolutions = 1 - convolutions / laneSeconds
    }

    var text: String {
        """
        the step's share outside convolutions: \(BenchText.percent(outsideConvolutions)) %
        a step takes \(BenchText.milliseconds(stepMilliseconds)) ms; below are milliseconds a step, of \(threads) lanes together

        \(layerTable)
        \(totalTable)
        """
    }

    private var layerTable: String {
        let kinds = StepProfile.Kind.allCases.filter { kind in
            kind.isOfLayer && totals.contains { $0.section == kind.rawValue }
        }
        var rows = [["layer"] + kinds.map(\.rawValue) + ["together", "step %"]]
        var layers: [String] = []
        for section in sections { if let layer = section.layer, !layers.contains(layer) { layers.append(layer) } }
        for layer in layers {
            let own = kinds.compactMap { kind in sections.first { $0.layer == layer && $0.section == kind.rawValue } }
            rows.append(
                [layer] + own.map { BenchText.milliseconds($0.milliseconds) } + [
                    BenchText.milliseconds(own.reduce(0) { $0 + $1.milliseconds }), BenchText.percent(own.reduce(0) { $0 + $1.share }),
                ])
        }
        return BenchText.table(rows, [.left] + rows[0].dropFirst().map { _ in .right })
    }

    private var totalTable: String {
        var rows = [["section", "ms", "step %"]]
        for total in totals { rows.append([total.section, BenchText.milliseconds(total.milliseconds), BenchText.percent(total.share)]) }
        return BenchText.table(rows, [.left, .right, .right])
    }
}

import Foundation

/// Where the figures come from: data, network, recipe, machines, time, the weights' digest.
enum ProvenanceSection {
    static func html(_ input: ReportInput) -> String {
        let (summary, setting) = (input.summary, input.setting)
        var facts: [(name: String, value: String)] = [
            ("recipe", summary.recipe), ("data set", summary.dataset), ("network", summary.model), ("labels", "\(summary.labels)"),
        ]
        func add(_ name: String, _ value: String?) { if let value { facts.append((name, value)) } }
        add("draw of labels", summary.labelDraw.map { draw in
            "\(draw.drawn.count) of \(draw.from) with seed \(draw.seed): \(draw.drawn.map(String.init).joined(separator: ", "))"
        })
        add("training images", setting.trainImages.map(NumberText.grouped))
        add("test images", setting.testImages.map(NumberText.grouped))
        add("seed", setting.seed.map { "\($0)" })
        add("top-5 accuracy", summary.testTop5Accuracy.map { NumberText.percent($0) })
        add("started", setting.startedAt.map(Self.date))
        facts.append(("wall time", NumberText.duration(summary.wallSeconds)))
        facts.append(("SHA-256 of the final weights", summary.weightsSHA256))
        var text = reproducibility(summary)
        text += HTML.facts(facts)
        text += phases(input.phases) + workers(input.workers)
        if !input.recipe.isEmpty {
            text += "<details open=\"open\"><summary>The recipe, every field</summary>\n"
            text += HTML.facts(input.recipe.map { ($0.name, $0.value) }) + "</details>\n"
        }
        return HTML.section("provenance", "Where these figures come from", text)
    }

    private static func reproducibility(_ summary: RunSummary) -> String {
        guard let others = summary.otherKernels, !others.isEmpty else {
            return HTML.paragraph(
                "On machines whose kernels have the same fingerprint, the same recipe and data give the same weights to the last bit, with any "
                    + "number of workers. The digest below therefore identifies this result.")
        }
        return HTML.paragraph(
            "<b>This run is not bit-reproducible.</b> Workers with different kernels took part, as <code>--mixed</code> allows, and kernels "
                + "differ in their last bits; which worker computed what depends on who was free. Another run gives figures close to these and "
                + "another digest. Besides the coordinator's own there were: "
                + others.map { "<code>\(HTML.escaped($0))</code>" }.joined(separator: ", ") + ".")
    }

    private static func phases(_ phases: [ReportInput.PhaseTime]) -> String {
        let total = phases.reduce(0) { $0 + $1.seconds }
        guard total > 0 else { return "" }
        return HTML.table(
            ["part of the run", "time", "share"],
            phases.map { [HTML.escaped($0.name), NumberText.duration($0.seconds), share($0.seconds / total)] })
    }

    private static func workers(_ workers: [ReportInput.Worker]) -> String {
        guard !workers.isEmpty else { return "" }
        let total = Double(max(1, workers.reduce(0) { $0 + $1.unitsDone }))
        return HTML.table(
            ["worker", "host", "threads", "units of work", "share"],
            workers.map {
                [HTML.escaped($0.name), HTML.escaped($0.host), "\($0.threads)", NumberText.grouped($0.unitsDone), share(Double($0.unitsDone) / total)]
            })
    }

    private static func share(_ value: Double) -> String {
        "<span class=\"bar\" style=\"width:\(Int((value * 120).rounded()))px\"></span> \(NumberText.percent(value, digits: 0))"
    }

    private static func date(_ seconds: Double) -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate, .withTime, .withColonSeparatorInTime, .withSpaceBetweenDateAndTime]
        return formatter.string(from: Date(timeIntervalSince1970: seconds)) + " UTC"
    }
}

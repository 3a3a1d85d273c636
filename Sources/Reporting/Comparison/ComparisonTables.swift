import Mechanism

/// The comparison's tables: a column or a group of columns for each run.
enum ComparisonTables {
    private static func letter(_ run: ComparedRun) -> String { "<i style=\"background:\(run.color)\">\(run.letter)</i>" }

    /// Rows of a name and a value for each run; cells are HTML.
    private static func columns(_ runs: [ComparedRun], _ rows: [(name: String, cells: [String])], text: Bool = false) -> String {
        var html = "<div class=\"scroll\"><table class=\"wide\(text ? " words" : "")\">\n<thead><tr><th></th>" + runs.map { "<th>\(letter($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for row in rows {
            html += "<tr><td>\(HTML.escaped(row.name))</td>" + row.cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody>\n</table></div>\n"
    }

    /// A figure with how far it is from the first run's below it.
    private static func cells(_ runs: [ComparedRun], _ value: (ComparedRun) -> Double?, _ show: (Double) -> String, _ difference: (Double) -> String) -> [String] {
        let first = value(runs[0])
        return runs.enumerated().map { index, run in
            guard let own = value(run) else { return "–" }
            guard index > 0, let first else { return show(own) }
            return "\(show(own)) <small>\(signed(own - first, difference))</small>"
        }
    }

    private static func signed(_ value: Double, _ show: (Double) -> String) -> String {
        let text = show(abs(value))
        // What rounds to nothing has no sign.
        guard text.contains(where: { "123456789".contains($0) }) else { return "±0" }
        return (value < 0 ? "−" : "+") + text
    }

    static func overview(_ runs: [ComparedRun]) -> String {
        let points = { (value: Double) in NumberText.fixed(100 * value, 2) }
        var rows: [(name: String, cells: [String])] = []
        func percent(_ name: String, _ value: (ComparedRun) -> Double?) {
            guard runs.contains(where: { value($0) != nil }) else { return }
            rows.append((name, cells(runs, value, { NumberText.percent($0) }, points)))
        }
        func plain(_ name: String, _ value: (ComparedRun) -> Double?) {
            guard runs.contains(where: { value($0) != nil }) else { return }
            rows.append((name, cells(runs, value, { NumberText.short($0) }, { NumberText.short($0) })))
        }
        percent("test accuracy") { $0.summary.testAccuracy }
        percent("top-5 accuracy") { $0.summary.testTop5Accuracy }
        percent("accuracy of the last layer's head") { $0.summary.layers.last?.accuracy }
        plain("signal-to-noise ratio of the last layer") { $0.summary.layers.last?.signalToNoise.ratio }
        plain("noise per filter there") { $0.summary.layers.last?.meanNoise }
        plain("clusters per filter there") { $0.summary.layers.last?.meanClustersPerFilter }
        plain("labels per cluster there") { $0.summary.layers.last?.meanClusterSize }
        for number in 1...4 where runs.contains(where: { run in run.input.claims.contains { $0.number == number && $0.verdict.name != "not tested" } }) {
            rows.append(("claim \(number)", runs.map { run in run.input.claims.first { $0.number == number }.map { HTML.escaped($0.verdict.name) } ?? "–" }))
        }
        rows.append(("weights of the network", runs.map { $0.input.setting.networkParameters.map(NumberText.grouped) ?? "–" }))
        rows.append(("time from start to results", runs.map { NumberText.duration($0.summary.wallSeconds) }))
        let note = runs.count > 1 ? HTML.paragraph("<small>Small figures are the difference from A; of accuracies, in percentage points.</small>") : ""
        return columns(runs, rows) + note
    }

    /// One row per layer, the runs side by side under each figure; nothing where their layers differ.
    static func layers(_ runs: [ComparedRun]) -> String {
        let names = runs[0].summary.layers.map(\.layer)
        guard runs.allSatisfy({ $0.summary.layers.map(\.layer) == names }) else {
            return runs.map { run in
                "<h3>\(run.letter) \(HTML.escaped(run.summary.recipe))</h3>\n" + LayerSection.table(run.summary.layers, pages: [:])
            }.joined()
        }
        let figures: [(name: String, text: (LayerRow) -> String)] = [
            ("accuracy", { NumberText.percent($0.accuracy) }), ("SNR", { NumberText.ratio($0.signalToNoise) }), ("noise", { NumberText.short($0.meanNoise) }),
            ("clusters per filter", { NumberText.fixed($0.meanClustersPerFilter, 2) }), ("cluster size", { NumberText.fixed($0.meanClusterSize, 2) }),
        ]
        var html = "<div class=\"scroll\"><table>\n<thead><tr><th></th>"
        html += figures.map { "<th class=\"group\" colspan=\"\(runs.count)\">\($0.name)</th>" }.joined() + "</tr>\n<tr><th>layer</th>"
        for _ in figures { html += runs.enumerated().map { "<th\($0 == 0 ? " class=\"start\"" : "")>\(letter($1))</th>" }.joined() }
        html += "</tr></thead>\n<tbody>\n"
        for (index, name) in names.enumerated() {
            html += "<tr><td>\(HTML.escaped(name))</td>"
            for figure in figures {
                html += runs.enumerated().map { "<td\($0 == 0 ? " class=\"start\"" : "")>\(figure.text($1.summary.layers[index]))</td>" }.joined()
            }
            html += "</tr>\n"
        }
        return html + "</tbody>\n</table></div>\n"
    }

    static func recipes(_ runs: [ComparedRun]) -> String {
        let differences = RecipeDifferences(runs)
        let idle = differences.idle.isEmpty ? "" : HTML.paragraph(
            "Fields that change no result differ, too: " + differences.idle.map { "<code>\(HTML.escaped($0))</code>" }.joined(separator: ", ") + ".")
        let agreeing = "\(differences.agreeing) fields are the same in all"
        guard !differences.rows.isEmpty else {
            return HTML.paragraph("The recipes do not differ, but for names and descriptions: \(agreeing).") + idle
        }
        let rows = differences.rows.map { row in (row.name, row.values.map { $0.map(HTML.escaped) ?? "–" }) }
        return HTML.paragraph(
            "\(differences.rows.count) \(differences.rows.count == 1 ? "field differs" : "fields differ"); \(agreeing). Names and descriptions are left out.")
            + columns(runs, rows, text: true) + idle
    }

    static func provenance(_ runs: [ComparedRun]) -> String {
        var rows: [(name: String, cells: [String])] = []
        func row(_ name: String, _ value: (ComparedRun) -> String) { rows.append((name, runs.map(value))) }
        row("run") { "<code>\(HTML.escaped($0.path))</code>" }
        row("network") { HTML.escaped($0.summary.model) }
        row("data set") { "<code>\(HTML.escaped($0.summary.dataset))</code>" }
        row("training images") { $0.input.setting.trainImages.map(NumberText.grouped) ?? "–" }
        row("test images") { NumberText.grouped($0.testImages.reduce(0, +)) }
        row("SHA-256 of the weights") { run in
            let twin = runs.first { $0.summary.weightsSHA256 == run.summary.weightsSHA256 }
            let same = twin.map { $0.letter == run.letter ? "" : " <small>the same as \($0.letter)</small>" } ?? ""
            return "<code>\(HTML.escaped(run.summary.weightsSHA256))</code>\(same)"
        }
        row("bits") { run in
            switch run.summary.bitReproducible {
            case true?: "reproducible"
            case false?: "not reproducible: other kernels took part"
            case nil: "–"
            }
        }
        row("program") { $0.version.map { "filterscope \(HTML.escaped($0))" } ?? "not recorded" }
        row("kernels") { $0.kernels.map(HTML.escaped).joined(separator: "<br/>") }
        row("workers") { run in
            run.input.workers.map { "\(HTML.escaped($0.name)) on \(HTML.escaped($0.host)), \($0.threads) \($0.threads == 1 ? "thread" : "threads")" }.joined(separator: "<br/>")
        }
        for phase in runs[0].input.phases {
            row("time of \(phase.name)") { run in run.input.phases.first { $0.name == phase.name }.map { NumberText.duration($0.seconds) } ?? "–" }
        }
        let digests = Set(runs.map(\.summary.weightsSHA256))
        let words = digests.count == 1 && runs.count > 1
            ? HTML.paragraph("<b>All of them ended with the same weights, to the last bit.</b>") : ""
        return words + columns(runs, rows, text: true)
    }
}

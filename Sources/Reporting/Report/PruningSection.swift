import Diagnostics

/// Phase 5: what is left of accuracy at each density, for AFCC and its two baselines.
enum PruningSection {
    /// Empty where nothing was pruned.
    static func html(_ document: PruneDocument?, gnuplot: Gnuplot) throws(Problem) -> String {
        guard let document, !document.variants.isEmpty else { return "" }
        var body = HTML.paragraph(
            "AFCC cuts every connection between filters, or from a filter to a label, that no shared cluster supports; the network is then "
                + "trained on for a while with what is left. Two baselines keep as many connections in every layer: random clusters of the "
                + "same sizes, and the largest weights.")
        let densities = Set(document.variants.map(\.density))
        if densities.count > 1 { body += try chart(document, gnuplot) }
        return HTML.section("pruning", "Pruning", body + table(document))
    }

    private static func name(_ method: PruneDocument.Method) -> String {
        switch method {
        case .clusters: "AFCC"
        case .random: "random clusters"
        case .magnitude: "largest weights"
        }
    }

    private static func chart(_ document: PruneDocument, _ gnuplot: Gnuplot) throws(Problem) -> String {
        var series = PruneDocument.Method.allCases.enumerated().map { index, method in
            Chart.Series(
                name: name(method),
                points: document.variants.filter { $0.method == method }.sorted { $0.density < $1.density }
                    .map { .init(x: 100 * $0.density, y: 100 * $0.accuracyRetrained) },
                style: .linePoints, color: Palette.series[index])
        }.filter { !$0.points.isEmpty }
        let least = document.variants.map { 100 * $0.density }.min() ?? 0
        series.append(.init(
            name: "whole network", points: [.init(x: least, y: 100 * document.accuracy), .init(x: 100, y: 100 * document.accuracy)],
            style: .dashed, color: Palette.grey))
        var chart = Chart(
            title: "Accuracy after retraining against the share of connections kept", xLabel: "connections kept (%)",
            yLabel: "test accuracy (%)", series: series)
        chart.width = 640
        chart.legendColumns = 4
        return HTML.figure(
            try gnuplot.svg(chart, prefix: "pruning"), caption: "Each point is a pruned and retrained network, one for each threshold and method.")
    }

    private static func table(_ document: PruneDocument) -> String {
        var html = "<div class=\"scroll\"><table>\n<thead><tr><th>method</th><th>threshold</th><th>connections kept</th><th>masked</th>"
        html += "<th>retrained</th><th>whole</th><th>parameters kept</th><th>multiply-adds kept</th><th>by layer</th></tr></thead>\n<tbody>\n"
        for variant in document.variants {
            let layers = variant.layers.map { "\($0.layer) \(NumberText.percent(Double($0.kept) / Double(max(1, $0.connections)), digits: 0))" }
            let cells = [
                NumberText.plain(variant.threshold), NumberText.percent(variant.density), NumberText.percent(variant.accuracyMasked),
                NumberText.percent(variant.accuracyRetrained), NumberText.percent(document.accuracy),
                "\(NumberText.grouped(variant.parametersKept)) of \(NumberText.grouped(document.parameters))",
                NumberText.percent(Double(variant.multiplyAddsKept) / Double(document.multiplyAdds)), layers.joined(separator: ", "),
            ]
            html += "<tr><td>\(name(variant.method))</td>" + cells.map { "<td>\(HTML.escaped($0))</td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }
}

import Diagnostics

/// Phase 5: what is left of accuracy at each density, for AFCC and its two baselines, and what was kept of each layer.
enum PruningSection {
    /// Empty where nothing was pruned.
    static func html(_ document: PruneDocument?, gnuplot: Gnuplot) throws(Problem) -> String {
        guard let document, !document.variants.isEmpty else { return "" }
        var body = HTML.paragraph(
            "AFCC cuts every connection between filters, or from a filter to a label, that no shared cluster supports; the network is then "
                + "trained on for a while with what is left. Two baselines keep as many connections in every layer: random clusters of the "
                + "same sizes, and the largest weights.")
        body += try drawings(document).html(gnuplot) + table(document) + layers(document)
        return HTML.section("pruning", "Pruning", body)
    }

    static func drawings(_ document: PruneDocument?) -> [Drawing] {
        guard let document, !document.variants.isEmpty else { return [] }
        return [
            drawing(
                document, "retrained", "Accuracy after retraining", "After retraining: each mark is a network, one for each threshold and method.",
                \.accuracyRetrained),
            drawing(
                document, "masked", "Accuracy of the masked networks", "The same networks masked, before any retraining.", \.accuracyMasked),
        ]
    }

    private static func drawing(
        _ document: PruneDocument, _ id: String, _ title: String, _ caption: String, _ accuracy: (PruneDocument.Variant) -> Double
    ) -> Drawing {
        var series = PruneDocument.Method.allCases.enumerated().map { index, method in
            Chart.Series(
                name: method.words,
                points: document.variants.filter { $0.method == method }.sorted { $0.density < $1.density }
                    .map { .init(x: 100 * $0.density, y: 100 * accuracy($0)) },
                style: .linePoints, color: Palette.series[index])
        }.filter { !$0.points.isEmpty }
        let whole = 100 * document.accuracy
        series.append(.init(name: "whole network", points: [.init(x: 0, y: whole), .init(x: 100, y: whole)], style: .dashed, color: Palette.grey))
        var chart = Chart(title: title, xLabel: "connections kept (%)", yLabel: "test accuracy (%)", series: series)
        chart.xFromZero = true
        chart.legendColumns = 2
        chart.width = 480
        chart.height = 320
        // The line of the whole network would lie on the frame.
        let values = series.flatMap(\.points).map(\.y)
        let (least, greatest) = (values.min() ?? 0, values.max() ?? 100)
        let room = max(0.5, (greatest - least) * 0.08)
        chart.yRange = max(0, least - room)...(greatest + room)
        return Drawing(id: "pruning-\(id)", content: chart, caption: caption)
    }

    private static func table(_ document: PruneDocument) -> String {
        let heads = [
            "method", "threshold", "connections kept", "masked", "retrained", "parameters kept", "share", "multiply-adds kept", "share",
        ]
        return HTML.table(heads, document.variants.map { variant in
            [
                HTML.escaped(variant.method.words), NumberText.plain(variant.threshold), NumberText.percent(variant.density),
                NumberText.percent(variant.accuracyMasked), NumberText.percent(variant.accuracyRetrained),
                NumberText.grouped(variant.parametersKept), share(variant.parametersKept, of: document.parameters),
                NumberText.grouped(variant.multiplyAddsKept), share(variant.multiplyAddsKept, of: document.multiplyAdds),
            ]
        })
    }

    /// Connections kept, a row per layer and a column per threshold; methods of a threshold share one where they agree.
    private static func layers(_ document: PruneDocument) -> String {
        var columns: [(threshold: Double, methods: [PruneDocument.Method], layers: [PruneDocument.Layer])] = []
        for variant in document.variants {
            if let known = columns.firstIndex(where: { $0.threshold == variant.threshold && $0.layers == variant.layers }) {
                columns[known].methods.append(variant.method)
            } else {
                columns.append((variant.threshold, [variant.method], variant.layers))
            }
        }
        var names: [String] = []
        for name in columns.flatMap({ $0.layers.map(\.layer) }) where !names.contains(name) { names.append(name) }
        let heads = ["connections kept", "of"] + columns.map { column in
            let isAll = column.methods.count == document.variants.count { $0.threshold == column.threshold }
            let methods = isAll ? "" : ", " + column.methods.map(\.words).joined(separator: ", ")
            return "threshold \(NumberText.plain(column.threshold))\(methods)"
        }
        let rows = names.map { name -> [String] in
            let own = columns.map { column in column.layers.first { $0.layer == name } }
            let connections = own.lazy.compactMap { $0?.connections }.first
            return [HTML.escaped(name), connections.map(NumberText.grouped) ?? "–"] + own.map { layer in
                layer.map { "\(NumberText.grouped($0.kept)) <small>\(share($0.kept, of: $0.connections))</small>" } ?? "–"
            }
        }
        return HTML.table(heads, rows)
    }

    private static func share(_ kept: Int, of all: Int) -> String { all > 0 ? NumberText.percent(Double(kept) / Double(all), digits: 1) : "–" }
}

import Diagnostics
import Mechanism

/// The figures of every layer: a table, what its columns mean, and three charts.
enum LayerSection {
    static func html(_ summary: RunSummary, pages: [String: String], charts: ReportCharts, gnuplot: Gnuplot) throws(Problem) -> String {
        guard !summary.layers.isEmpty else {
            return HTML.section("layers", "Layer by layer", HTML.paragraph("The network has no filters: there is nothing to say layer by layer."))
        }
        var text = HTML.paragraph(
            "One row per layer, in the order in which an image passes through them. Unless a column says otherwise, means are over the "
                + "filters with at least one cluster; how many those are stands in the column <i>active</i>.")
        if !pages.isEmpty { text += HTML.paragraph("A layer's name leads to a page with every one of its filters, to sort and to search.") }
        text += table(summary.layers, pages: pages)
        text += "<ul class=\"columns\">\n" + meanings.map { "<li><b>\($0.name)</b> \($0.text)</li>\n" }.joined() + "</ul>\n"
        text += try charts.layerDrawings.html(gnuplot)
        return HTML.section("layers", "Layer by layer", text)
    }

    static func table(_ rows: [LayerRow], pages: [String: String]) -> String {
        let heads = ["layer", "accuracy", "N<sub>c</sub>", "C<sub>s</sub>", "noise", "internal", "external", "SNR", "S", "N", "active", "silent", "filters"]
        var html = "<div class=\"scroll\"><table>\n<thead><tr>" + heads.map { "<th>\($0)</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for row in rows {
            let cells = [
                pages[row.layer].map { "<a href=\"\($0)\">\(HTML.escaped(row.layer))</a>" } ?? HTML.escaped(row.layer), NumberText.percent(row.accuracy), NumberText.fixed(row.meanClustersPerFilter, 2),
                NumberText.fixed(row.meanClusterSize, 2), NumberText.short(row.meanNoise), NumberText.short(row.meanInternalNoise),
                NumberText.short(row.meanExternalNoise), "<b>\(NumberText.ratio(row.signalToNoise))</b>", NumberText.short(row.signal),
                NumberText.short(row.noisePerLabel), "\(row.activeFilters)", "\(row.silentFilters)", "\(row.filters)",
            ]
            html += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody>\n</table></div>\n"
    }

    private static let meanings: [(name: String, text: String)] = [
        ("accuracy", "how often the layer's head names a test image correctly."),
        ("N<sub>c</sub>", "mean number of clusters per filter: how many separate groups of labels a filter vouches for."),
        ("C<sub>s</sub>", "mean cluster size: how many labels such a group has."),
        ("noise", "mean number of set bits per filter outside its clusters: pairs of labels where the filter speaks for the wrong one."),
        ("internal", "the part of the noise that speaks for a label of some cluster of the filter."),
        ("external", "the rest of the noise, for labels that are in no cluster of the filter."),
        ("SNR", "signal-to-noise ratio, S divided by N. Where no filter is noisy there is no ratio, and the table says <i>no noise</i>."),
        ("S", "signal: how many of the layer's filters, on average over the labels, vouch for an image's own label."),
        ("N", "noise: how many of the layer's filters, on average, speak for one given other label outside any cluster."),
        ("active", "filters with at least one cluster."),
        ("silent", "filters whose field has no positive element: they speak for nothing."),
        ("filters", "all filters of the layer. Those neither active nor silent speak, but for no label's own images."),
    ]
}

/// How large clusters are, layer by layer.
enum ClusterSizeSection {
    static func html(_ charts: ReportCharts, _ gnuplot: Gnuplot) throws(Problem) -> String {
        guard let drawing = charts.sizeDrawing else { return "" }
        let text = HTML.paragraph(
            "How many clusters of each size the filters of a layer have, in percent of the layer's clusters. In a cluster of "
                + "size 1 a filter vouches for one label alone.")
        return HTML.section("sizes", "Sizes of clusters", text + (try drawing.html(gnuplot)))
    }
}

/// How training went.
enum CourseSection {
    static func html(_ charts: ReportCharts, _ gnuplot: Gnuplot) throws(Problem) -> String {
        let drawings = charts.courseDrawings
        guard !drawings.isEmpty else { return "" }
        return HTML.section("course", "How training went", try drawings.html(gnuplot))
    }
}

import Diagnostics
import Foundation
import Mechanism

/// One layer's page. Its filters stand in it as JSON, and its script lays out those that are asked for, so that a page of a
/// thousand filters opens as fast as one of ten.
struct FilterPage {
    let summary: RunSummary
    /// Index into the summary's layers.
    let layer: Int
    /// Of every layer's page, without their endings.
    let fileNames: [String]
    let results: [FilterResult]

    private var row: LayerRow { summary.layers[layer] }
    private var tile: FilterTile { FilterTile(labels: summary.labels) }

    var html: String {
        get throws(Problem) {
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(HTML.escaped("\(row.layer): every filter, \(summary.recipe)"))</title>
            <style>
            \(reportStyle)
            \(filterPageStyle)
            </style>
            </head>
            <body>
            <main>
            \(header)\(controls)<ol id="cards"></ol>
            <p><button type="button" id="more" hidden="hidden">Show more</button></p>
            </main>
            <script type="application/json" id="data">\(try data)</script>
            <script>
            \(filterPageScript)
            </script>
            </body>
            </html>

            """
        }
    }

    private var header: String {
        let links = zip(summary.layers, fileNames).enumerated().map { index, layer in
            "<a href=\"\(layer.1).html\"\(index == self.layer ? " aria-current=\"page\"" : "")>\(HTML.escaped(layer.0.layer))</a>"
        }
        var key = ""
        for (start, words) in [(4, "bits of clusters"), (8, "internal noise"), (12, "external noise"), (0, "at or below the threshold")] {
            let colors = FilterTile.palette[start..<start + 4].map { Palette.hex(Int($0.0), Int($0.1), Int($0.2)) }
            key += "<li><i class=\"ramp\" style=\"background:linear-gradient(90deg,\(colors.joined(separator: ",")))\"></i> \(words)</li>\n"
        }
        let reduction = tile.reduction.map { HTML.paragraph($0) } ?? ""
        return """
            <p class="eyebrow"><a href="../report.html">Report of \(HTML.escaped(summary.recipe))</a></p>
            <h1>Every filter of \(HTML.escaped(row.layer))</h1>
            <nav aria-label="Layers">\(links.joined(separator: " "))</nav>
            <p>In each picture a row stands for the test images of one label and a column for a label that the filter may speak for, in \
            the order that lays clusters side by side on the diagonal; clusters are outlined where there is room. Darker is larger, up \
            to the field's top. A bit is set above \(NumberText.plain(summary.threshold)) of the top. SNR is here the filter's own: the labels \
            in its clusters as a share of all \(summary.labels), over its noise as a share of all other pairs. The margin is how close any \
            element of the field comes to the threshold.</p>
            \(reduction)<ul class="key">
            \(key)</ul>

            """
    }

    private var controls: String {
        let orders = [
            ("number", "filter number"), ("largest", "largest cluster"), ("size", "mean cluster size"), ("clusters", "number of clusters"),
            ("noise", "noise"), ("snr", "SNR"), ("margin", "margin"),
        ].filter { $0.0 != "margin" || results.contains { $0.margin != nil } }
        return """
            <form id="controls" role="search">
            <label>Label in a cluster <input type="search" id="query" list="names" autocomplete="off" placeholder="name; another name"/></label>
            <label>Sort by <select id="sort">\(orders.map { "<option value=\"\($0.0)\">\($0.1)</option>" }.joined())</select></label>
            <label>Order <select id="order"><option value="up">smallest first</option><option value="down">largest first</option></select></label>
            <label class="check"><input type="checkbox" id="active"/> only filters with clusters</label>
            </form>
            <datalist id="names"></datalist>
            <p id="count" role="status"></p>
            <noscript><p>Filters are laid out by this page's script, which this browser does not run. The same figures are in \
            <code>results/filters.csv</code> and <code>results/clusters.csv</code>.</p></noscript>

            """
    }
}

import Diagnostics
import Foundation
import Mechanism
import Tensors

/// A sweep's `report.html`: error, clusters and signal-to-noise ratio against the number of labels, and a way to each run's page.
public enum SweepReport {
    /// Writes the page; it is whole or absent.
    public static func write(
        _ document: SweepDocument, to path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Problem) {
        try DurableFile.write(Data(html(document, environment: environment).utf8), to: path)
    }

    static func html(_ document: SweepDocument, environment: [String: String]) throws(Problem) -> String {
        let charts = SweepCharts(document: document)
        let gnuplot = try Gnuplot(environment: environment)
        var body = "<p class=\"eyebrow\">Filterscope sweep</p>\n<h1>What the number of labels does: \(HTML.escaped(document.recipe))</h1>\n"
        body += "<p class=\"lead\">\(HTML.escaped(SweepFindings.text(document)))</p>\n"
        body += HTML.facts([
            ("network", document.model), ("data set", document.dataset), ("layer measured", document.layer),
            ("threshold", NumberText.plain(document.threshold)), ("networks trained", "\(document.points.count)"),
        ])
        body += ClaimSection.html(document.claims, layers: [])
        if !document.points.isEmpty {
            body += HTML.section("error", "Error against the number of labels", try charts.error.html(gnuplot))
            body += HTML.section("clusters", "Clusters and signal-to-noise ratio", try charts.trends.html(gnuplot))
            body += HTML.section("points", "Every network", table(document.points))
        }
        return ReportDocument.page(title: "Sweep: \(document.recipe)", body: body)
    }

    private static func table(_ points: [SweepDocument.Point]) -> String {
        var html = "<div class=\"scroll\"><table>\n<thead><tr><th>labels, seed</th><th>accuracy</th><th>head's accuracy</th>"
        html += "<th>clusters per filter</th><th>cluster size</th><th>noise</th><th>SNR</th><th>seconds</th></tr></thead>\n<tbody>\n"
        for point in points {
            let cells = [
                NumberText.percent(point.testAccuracy), NumberText.percent(point.headAccuracy), NumberText.fixed(point.meanClustersPerFilter, 2),
                NumberText.fixed(point.meanClusterSize, 2), NumberText.short(point.meanNoise), NumberText.ratio(point.signalToNoise),
                NumberText.fixed(point.wallSeconds, 0),
            ]
            html += "<tr><td><a href=\"\(HTML.escaped(point.directory))/report.html\">\(point.labels) labels, seed \(point.seed)</a></td>"
            html += cells.map { "<td>\(HTML.escaped($0))</td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }
}

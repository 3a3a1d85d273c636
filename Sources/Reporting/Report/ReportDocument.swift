import Diagnostics
import Foundation
import Tensors

/// `report.html`: one file with its style and figures in it, readable without the papers and without a network. Where pages of
/// filters lie beside it, it leads there.
public enum ReportDocument {
    /// The whole page. Runs gnuplot, found on the environment's PATH, for the figures.
    /// - Throws: where gnuplot is missing or fails.
    public static func html(
        _ input: ReportInput, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Problem) -> String {
        let (charts, gnuplot) = (ReportCharts(input: input), try Gnuplot(environment: environment))
        let title = "What every filter knows: \(input.summary.recipe)"
        var body = Overview.header(input)
        body += FindingsSection.html(input)
        body += Overview.section(input)
        body += ClaimSection.html(input.claims, layers: input.summary.layers)
        body += try LayerSection.html(input.summary, pages: input.filterPages, charts: charts, gnuplot: gnuplot)
        body += try ClusterSizeSection.html(charts, gnuplot)
        body += try ThresholdSection.html(input.further, own: input.summary, gnuplot: gnuplot)
        body += try PruningSection.html(input.pruned, gnuplot: gnuplot)
        body += ExampleSection.html(input)
        body += try CourseSection.html(charts, gnuplot)
        body += ProvenanceSection.html(input)
        return page(title: title, body: body)
    }

    /// A page of the report's style.
    /// - Parameter style: more of it.
    static func page(title: String, body: String, style: String = "") -> String {
        """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(HTML.escaped(title))</title>
            <style>
            \(reportStyle)
            \(style)
            </style>
            </head>
            <body>
            <main>
            \(body)</main>
            </body>
            </html>

            """
    }

    /// Writes the page; it is whole or absent.
    public static func write(_ input: ReportInput, to path: String) throws(Problem) {
        try DurableFile.write(Data(html(input).utf8), to: path)
    }
}

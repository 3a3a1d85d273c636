import Diagnostics
import Foundation
import Mechanism
import Tensors

/// One page with several runs side by side, of the report's style: nothing in it is fetched from elsewhere.
public enum ComparisonPage {
    /// Writes the page; it is whole or absent.
    public static func write(
        _ runs: [ComparedRun], to path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Problem) {
        try DurableFile.write(Data(html(runs, from: path, environment: environment).utf8), to: path)
    }

    /// - Parameter path: of the page, from which links to the runs' own reports are reckoned.
    static func html(_ runs: [ComparedRun], from path: String, environment: [String: String]) throws(Problem) -> String {
        let gnuplot = try Gnuplot(environment: environment)
        let charts = ComparisonCharts(runs: runs)
        var body = header(runs, from: path)
        body += verdict(Comparability(runs))
        body += HTML.section("overview", "At a glance", ComparisonTables.overview(runs))
        if !charts.layerDrawings.isEmpty {
            body += HTML.section(
                "layers", "Layer by layer", key(runs) + (try charts.layerDrawings.html(gnuplot)) + ComparisonTables.layers(runs))
        }
        let course = charts.courseDrawings
        if !course.isEmpty { body += HTML.section("course", "How training went", key(runs) + (try course.html(gnuplot))) }
        body += HTML.section("recipes", "What the recipes say", ComparisonTables.recipes(runs))
        body += HTML.section("provenance", "Where these figures come from", ComparisonTables.provenance(runs))
        return ReportDocument.page(title: "Comparison: " + runs.map(\.summary.recipe).joined(separator: ", "), body: body, style: style)
    }

    private static func header(_ runs: [ComparedRun], from path: String) -> String {
        let names = Set(runs.map(\.summary.recipe))
        let subject = names.count == 1 ? runs[0].summary.recipe : runs.map(\.summary.recipe).joined(separator: ", ")
        var html = "<header>\n<p class=\"eyebrow\">Filterscope comparison</p>\n<h1>\(number(runs.count)) runs side by side: \(HTML.escaped(subject))</h1>\n"
        html += "<div class=\"heroes\">\n"
        for run in runs {
            let description = run.input.setting.description
            html += """
                <div class="hero run" style="border-color:\(run.color)"><p class="name"><i style="background:\(run.color)">\(run.letter)</i> \
                <a href="\(HTML.escaped(link(to: run.path + "/report.html", from: path)))">\(HTML.escaped(run.summary.recipe))</a></p>\
                <b>\(NumberText.percent(run.summary.testAccuracy))</b><span>of the test images named correctly by \
                \(HTML.escaped(run.summary.model))</span>\(description.isEmpty ? "" : "<span>\(HTML.escaped(description))</span>")\
                <span><code>\(HTML.escaped(run.path))</code></span></div>

                """
        }
        return html + "</div>\n</header>\n"
    }

    private static func verdict(_ comparability: Comparability) -> String {
        var html = ""
        if comparability.isComparable {
            html += "<div class=\"claim upheld\" id=\"comparable\"><h3>These runs can be compared "
                + "<span class=\"verdict\">same data, same labels</span></h3>\n"
            if comparability.cautions.isEmpty { html += "<p>Same layers, same threshold, heads trained alike.</p>\n" }
        } else {
            html += "<div class=\"claim not-upheld\" id=\"comparable\"><h3>These runs cannot be compared "
                + "<span class=\"verdict\">not comparable</span></h3>\n<ul>\n"
            html += comparability.obstacles.map { "<li>\(HTML.escaped($0))</li>\n" }.joined() + "</ul>\n"
            html += "<p>The figures stand below all the same, each right for its own run; a difference between them says nothing of the recipes.</p>\n"
        }
        if !comparability.cautions.isEmpty {
            html += "<p>\(comparability.isComparable ? "To keep in mind:" : "Besides:")</p>\n<ul>\n"
                + comparability.cautions.map { "<li>\(HTML.escaped($0))</li>\n" }.joined() + "</ul>\n"
        }
        return html + "</div>\n"
    }

    static func key(_ runs: [ComparedRun]) -> String {
        "<ul class=\"key runs\">\n" + runs.map { run in
            "<li><i style=\"background:\(run.color)\">\(run.letter)</i> \(HTML.escaped(run.summary.recipe))</li>\n"
        }.joined() + "</ul>\n"
    }

    private static func number(_ count: Int) -> String {
        let words = ["", "One", "Two", "Three", "Four", "Five", "Six"]
        return words.indices.contains(count) ? words[count] : "\(count)"
    }

    /// A relative address where both lie below the same directory, so that the page can move with its runs.
    static func link(to target: String, from page: String) -> String {
        func parts(_ path: String) -> [String] { URL(fileURLWithPath: path).standardizedFileURL.pathComponents }
        let (to, from) = (parts(target), Array(parts(page).dropLast()))
        let common = zip(to, from).prefix { $0 == $1 }.count
        let words = Array(repeating: "..", count: from.count - common) + to.dropFirst(common)
        return words.map { $0.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? $0 }.joined(separator: "/")
    }

    /// Beside the report's.
    private static let style = """
        .hero.run { flex: 1 1 240px; max-width: 420px; }
        .hero.run .name { margin: 0 0 8px; font-weight: 600; overflow-wrap: anywhere; }
        .name i, .runs i, th i { font-style: normal; font-weight: 650; color: #fff; display: inline-block; min-width: 20px; padding: 0 5px; text-align: center; border-radius: 4px; font-size: 13px; line-height: 20px; }
        .key.runs i { width: auto; height: auto; border: 0; vertical-align: 0; }
        table.wide { width: auto; min-width: 60%; }
        th.group { text-align: center; border-left: 1px solid var(--line); color: var(--ink); border-bottom: 0; }
        td.start, th.start { border-left: 1px solid var(--line); }
        .words th, .words td { text-align: left; vertical-align: top; white-space: normal; overflow-wrap: anywhere; }
        .words th + th, .words td + td { max-width: 340px; min-width: 130px; }
        .words td:first-child { white-space: nowrap; }
        td small { display: block; line-height: 1.2; font-size: 12px; }
        """
}

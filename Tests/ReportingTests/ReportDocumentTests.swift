import Diagnostics
import Foundation
import Mechanism
import Reporting
import TestSupport
import Testing

@Suite struct ReportDocumentTests {
    /// Set FILTERSCOPE_SAMPLE_REPORT to a path to look at the page in a browser.
    @Test func aWholeReportIsWellFormed() throws {
        let run = try SampleRun()
        let directory = try TemporaryDirectory()
        let path = ProcessInfo.processInfo.environment["FILTERSCOPE_SAMPLE_REPORT"] ?? directory.file("report.html")
        try ReportDocument.write(run.input, to: path)
        let html = try String(contentsOfFile: path, encoding: .utf8)
        let markup = Markup(html)
        #expect(markup.faults == [])
        #expect(Set(markup.ids).count == markup.ids.count, "ids that stand twice")
        // One file: nothing is fetched, and every reference within it has its target.
        for reference in markup.references {
            let inside = reference.hasPrefix("#") && markup.ids.contains(String(reference.dropFirst()))
            #expect(inside || reference.hasPrefix("data:image/png;base64,"), "reference \(reference.prefix(60))")
        }
        #expect(markup.elementCounts["script"] == nil)
        // Three charts of layers, the histograms, three learning curves; three pictures for each of six filters.
        #expect(markup.elementCounts["svg"] == 7 + 3 * 6)
        #expect(markup.elementCounts["image"] == 3 * 6)
        #expect(html.contains("92.37 %"))
        #expect(html.contains(run.input.summary.weightsSHA256))
        for claim in run.input.summary.claims { #expect(html.contains("Claim \(claim.number): \(claim.name)")) }
    }

    @Test func theTableHoldsTheFiguresOfTheSummary() throws {
        let run = try SampleRun(layerCount: 4, filters: 20)
        let rows = Markup(try ReportDocument.html(run.input)).rows
        for layer in run.input.summary.layers {
            let row = try #require(rows.first { $0.first == layer.layer && $0.count == 13 })
            func expectNear(_ cell: String, _ value: Double?, _ label: String) {
                guard let value, let shown = Double(cell.replacing(" %", with: "")) else {
                    Issue.record("\(label) of \(layer.layer) is \"\(cell)\"")
                    return
                }
                #expect(abs(shown - value) <= max(0.006, 0.006 * abs(value)), "\(label) of \(layer.layer)")
            }
            expectNear(row[1], layer.accuracy.map { 100 * $0 }, "accuracy")
            expectNear(row[2], layer.meanClustersPerFilter, "N_c")
            expectNear(row[3], layer.meanClusterSize, "C_s")
            expectNear(row[4], layer.meanNoise, "noise")
            expectNear(row[5], layer.meanInternalNoise, "internal noise")
            expectNear(row[6], layer.meanExternalNoise, "external noise")
            if layer.signalToNoise == .noNoise { #expect(row[7] == "no noise") } else { expectNear(row[7], layer.signalToNoise.ratio, "SNR") }
            expectNear(row[8], layer.signal, "S")
            expectNear(row[9], layer.noisePerLabel, "N")
            #expect(row[10] == "\(layer.activeFilters)")
            #expect(row[11] == "\(layer.silentFilters)")
            #expect(row[12] == "\(layer.filters)")
        }
    }

    @Test func namesCannotBreakThePage() throws {
        var names = SampleRun.fashion
        names[0] = "<script>alert(\"1\")</script>"
        names[1] = "R&D's 'best'"
        names[2] = "tab\tand\u{1B}[31m escape"
        let run = try SampleRun(labelNames: names, layerCount: 3, filters: 12, recipe: "a<b & 'c' \\\"d\"")
        let html = try ReportDocument.html(run.input)
        #expect(Markup(html).faults == [])
        #expect(!html.contains("<script"))
        #expect(!html.contains("\u{1B}"))
        #expect(html.contains("a&lt;b &amp; &#39;c&#39; \\&quot;d&quot;"))
    }

    @Test func layersWithoutNoiseOrClustersAreShownAsSuch() throws {
        func layer(_ index: Int, _ results: [FilterResult]) -> LayerResult {
            LayerResult(layer: "conv\(index)", accuracy: nil, labels: 3, filters: results)
        }
        let silent = FilterResult(filter: 0, top: 0, silent: true, clusters: [], noise: 0, internalNoise: 0, externalNoise: 0)
        let pure = FilterResult(filter: 0, top: 1, silent: false, clusters: [[0, 1]], noise: 0, internalNoise: 0, externalNoise: 0)
        let noisy = FilterResult(filter: 0, top: 1, silent: false, clusters: [[2]], noise: 2, internalNoise: 1, externalNoise: 1)
        for results in [[[silent], [noisy], [pure]], [[pure], [pure], [pure]], [[silent], [silent], [silent]]] {
            let layers = results.enumerated().map { layer($0 + 1, $1) }
            let summary = RunSummary(
                testAccuracy: nil, weightsSHA256: "00", wallSeconds: 1, recipe: "r", model: "m", dataset: "d", labelNames: ["a", "b", "c"],
                threshold: 0.3, layers: layers.map(\.row), claims: Claim.verdicts(layers: layers.map(\.evidence)))
            let html = try ReportDocument.html(ReportInput(summary: summary))
            let markup = Markup(html)
            #expect(markup.faults == [])
            let cells = markup.rows.filter { $0.count == 13 && $0[0].hasPrefix("conv") }.map { $0[7] }
            #expect(cells == layers.map {
                switch $0.row.signalToNoise {
                case .noNoise: "no noise"
                case .undefined: "undefined"
                case .ratio(let ratio): String(format: "%.2f", ratio)
                }
            })
            #expect(html.contains("Triangles mark layers without any noise") == layers.contains { $0.row.signalToNoise == .noNoise })
        }
    }

    @Test func aMissingOrFailingGnuplotIsNamed() throws {
        let run = try SampleRun(layerCount: 3, filters: 6)
        let directory = try TemporaryDirectory()
        func problem() throws -> Problem {
            do {
                _ = try ReportDocument.html(run.input, environment: ["PATH": directory.path])
            } catch {
                return error
            }
            throw Problem("a report was made without gnuplot")
        }
        #expect(try problem().description.contains("apt-get install gnuplot-nox"))
        let program = try directory.write(Data("#!/bin/sh\necho no such terminal >&2\nexit 3\n".utf8), to: "gnuplot")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let failure = try problem().description
        #expect(failure.contains("status 3") && failure.contains("no such terminal"))
    }

    @Test func aThousandLabelsStaySmall() throws {
        let names = (0..<1000).map { "label \($0)" }
        let field = LabelField(labels: 1000, values: randomFloats(1_000_000, seed: 1))
        let result = try FilterPerformance.measure(filter: 3, field: field, threshold: 0.9)
        let layer = LayerResult(layer: "conv1", accuracy: 0.5, labels: 1000, filters: [result])
        var input = ReportInput(summary: RunSummary(
            testAccuracy: 0.5, weightsSHA256: "00", wallSeconds: 1, recipe: "r", model: "m", dataset: "d", labelNames: names, threshold: 0.9,
            layers: [layer.row], claims: []))
        input.examples = [FieldExample(layer: "conv1", result: result, field: field, reason: "least noise")]
        let html = try ReportDocument.html(input)
        #expect(Markup(html).faults == [])
        #expect(html.utf8.count < 8_000_000)
    }
}

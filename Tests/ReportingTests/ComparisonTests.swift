import Diagnostics
import Foundation
import Mechanism
import Reporting
import RunStore
import TestSupport
import Testing

/// One page with several runs: what it holds, and what it says of runs that cannot be compared.
@Suite struct ComparisonTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory("comparison") }

    /// A run's directory with a summary, and a recipe with a learning rate, of its own.
    private func run(_ name: String, _ sample: SampleRun, rate: Double = 0.028, change: (inout RunSummary) -> Void = { _ in }) throws -> String {
        var summary = sample.input.summary
        change(&summary)
        let path = directory.file(name)
        try sample.write(to: path, summary: summary)
        let recipe = #"{"name": "\#(summary.recipe)", "seed": 7, "training": {"batchSize": 100, "learningRate": \#(rate)}}"#
        try Data(recipe.utf8).write(to: URL(fileURLWithPath: path + "/recipe.json"))
        return path
    }

    private func page(_ paths: [String]) throws -> (html: String, markup: Markup) {
        let runs = try paths.enumerated().map { try ComparedRun(place: $0, from: RunDirectory.open(path: $1)) }
        let path = directory.file("comparison.html")
        try ComparisonPage.write(runs, to: path)
        let html = try String(contentsOfFile: path, encoding: .utf8)
        return (html, Markup(html))
    }

    @Test func runsStandSideBySide() throws {
        let sample = try SampleRun(layerCount: 4, filters: 12)
        let first = try run("first", sample)
        let second = try run("second", sample, rate: 0.01) {
            $0.recipe = "slow & steady"
            $0.testAccuracy = 0.9
            $0.weightsSHA256 = String(repeating: "ab", count: 32)
            for index in $0.layers.indices { $0.layers[index].accuracy = 0.5 }
        }
        let (html, markup) = try page([first, second])
        #expect(markup.faults == [])
        #expect(Set(markup.ids).count == markup.ids.count, "ids that stand twice")
        // Nothing is fetched; the only ways out lead to the runs' own reports, which lie beside the page.
        let outside = markup.references.filter { !$0.hasPrefix("#") }
        #expect(outside == ["first/report.html", "second/report.html"])
        #expect(markup.elementCounts["script"] == nil)
        // Six charts of layers, loss and test accuracy.
        #expect(markup.elementCounts["svg"] == 8)
        #expect(html.contains("These runs can be compared"))
        #expect(markup.rows.contains(["test accuracy", "92.37 %", "90.00 %−2.37"]))
        #expect(markup.rows.contains { $0.first == "conv1" && $0.count == 11 && $0[2] == "50.00 %" })
        #expect(markup.rows.contains(["training.learningRate", "0.028", "0.01"]))
        #expect(html.contains("1 field differs; 2 fields are the same in all"))
        #expect(html.contains(String(repeating: "ab", count: 32)) && html.contains(sample.input.summary.weightsSHA256))
        #expect(html.contains("slow &amp; steady"))
    }

    @Test func equalWeightsAreSaid() throws {
        let sample = try SampleRun(layerCount: 3, filters: 8)
        let (html, markup) = try page([try run("one", sample), try run("two", sample), try run("three", sample)])
        #expect(markup.faults == [])
        #expect(html.contains("All of them ended with the same weights, to the last bit."))
        #expect(html.contains("the same as A"))
        #expect(html.contains("The recipes do not differ, but for names and descriptions: 3 fields"))
    }

    @Test(arguments: [
        ("data", "The data sets differ (A: fashion-mnist; B: mnist)"),
        ("labels", "The numbers of labels differ (A: 10; B: 4)"),
        ("names", "The labels are others"),
    ])
    func whatCannotBeComparedIsSaid(_ kind: String, _ words: String) throws {
        let first = try run("first", SampleRun(layerCount: 3, filters: 8))
        let sample = kind == "labels" ? try SampleRun(labelNames: ["a", "b", "c", "d"], layerCount: 3, filters: 8) : try SampleRun(layerCount: 3, filters: 8)
        let second = try run("second", sample) {
            if kind == "data" { $0.dataset = "mnist:/data/mnist" }
            if kind == "names" { $0.labelNames[0] = "Jumper" }
        }
        let (html, markup) = try page([first, second])
        #expect(markup.faults == [])
        #expect(html.contains("These runs cannot be compared") && html.contains(words), "\(html.prefix(9000).suffix(2000))")
    }

    /// The same data at another place, and fewer samples to train on, are no other data set.
    @Test func placesDoNotMatter() throws {
        let sample = try SampleRun(layerCount: 3, filters: 8)
        let first = try run("first", sample) { $0.dataset = "mnist:/data/a?train=100" }
        let second = try run("second", sample) { $0.dataset = "mnist:/elsewhere/b" }
        #expect(try page([first, second]).html.contains("These runs can be compared"))
    }

    /// Networks of different depth meet on one axis, and their tables stand apart.
    @Test func otherLayersAreAligned() throws {
        let first = try run("first", SampleRun(layerCount: 3, filters: 8))
        let second = try run("second", SampleRun(layerCount: 5, filters: 8)) { $0.threshold = 0.2 }
        let (html, markup) = try page([first, second])
        #expect(markup.faults == [])
        #expect(html.contains("The networks have other layers (A: 3 layers; B: 5 layers)"))
        #expect(html.contains("at other thresholds (A: 0.3; B: 0.2)"))
        #expect(html.contains("share of the network"))
    }

    @Test(.enabled(if: Browser.isThere, "Chromium is not installed"))
    func theBrowserShowsIt() throws {
        let sample = try SampleRun(layerCount: 4, filters: 12)
        _ = try page([try run("first", sample), try run("second", sample, rate: 0.01)])
        let shown = try Browser.document(directory.file("comparison.html"))
        #expect(shown.contains("Two runs side by side") && shown.components(separatedBy: "<svg").count == 9)
    }

    @Test func sweepsAreRefused() throws {
        let sample = try SampleRun(layerCount: 2, filters: 4)

        let sweep = directory.file("sweep")
        try sample.write(to: sweep)
        try Journal(path: sweep + "/run.sqlite").setValue("sweep", for: "kind")
        #expect(throws: Problem.self) { try ComparedRun(place: 1, from: RunDirectory.open(path: sweep)) }
    }
}

import Foundation
import Mechanism
import Reporting
import TestSupport
import Testing

/// A sweep's page: charts, words and the way to each run's own page.
@Suite struct SweepReportTests {
    private func document(
        _ labels: [Int], seeds: Int = 2, error: (Int) -> Double, ratio: SignalToNoise = .ratio(4), fitted: Bool = true, claims: [Claim] = []
    ) -> SweepDocument {
        let points = labels.flatMap { number in
            (1...seeds).map { seed in
                SweepDocument.Point(
                    labels: number, seed: seed, directory: "points/labels-\(number)-seed-\(seed)",
                    testAccuracy: 1 - error(number) - 0.01 * Double(seed), headAccuracy: nil, filters: 8, activeFilters: 8,
                    meanClustersPerFilter: 2, meanClusterSize: 1.5 + 0.01 * Double(number), meanNoise: 3, signal: 2, noisePerLabel: 0.5,
                    signalToNoise: ratio, weightsSHA256: "00", wallSeconds: 3)
            }
        }
        let evidence = points.map {
            SweepEvidence(
                labels: $0.labels, error: $0.testError, clusterSize: $0.meanClusterSize, clustersPerFilter: $0.meanClustersPerFilter,
                signalToNoise: $0.signalToNoise)
        }
        return SweepDocument(
            recipe: "a<b>", model: "vgg11", dataset: "d", layer: "conv8", threshold: 0.3, points: points,
            fits: fitted ? SweepFits(evidence, resamples: 200) : nil, claims: claims)
    }

    private func page(_ document: SweepDocument) throws -> String {
        let directory = try TemporaryDirectory()
        try SweepReport.write(document, to: directory.file("report.html"))
        let html = try String(contentsOfFile: directory.file("report.html"), encoding: .utf8)
        #expect(Markup(html).faults == [])
        return html
    }

    @Test func everyNetworkIsLinkedAndDrawn() throws {
        let sweep = document([3, 5, 10, 30], error: { 0.1 + 0.01 * Double($0) })
        let html = try page(sweep)
        let markup = Markup(html)
        #expect(Set(markup.ids).count == markup.ids.count, "ids that stand twice")
        for point in sweep.points { #expect(markup.references.contains("\(point.directory)/report.html")) }
        #expect(markup.elementCounts["svg"] == 4)
        #expect(html.contains("95 % band") && html.contains("seed 1") && html.contains("seed 2"))
        #expect(html.contains("From 3 to 30 labels the test error rises from 14.50 % to 41.50 %."))
        #expect(html.contains("A straight line explains"))
        #expect(html.contains("it rises by 1.00 points per label"))
        #expect(html.contains("The mean cluster size rises from 1.53 to 1.80. The mean number of clusters per filter stays at 2.00."))
        #expect(html.contains("The signal-to-noise ratio stays at 4.00."))
        #expect(!html.contains("one network only"))
    }

    @Test func errorsThatDoNotRiseAreNotSaidToRise() throws {
        let falling = try page(document([3, 5, 10, 30], error: { 0.6 - 0.012 * Double($0) }))
        #expect(falling.contains("the test error falls from 57.90 % to 25.50 %") && falling.contains("it falls by 1.20 points per label"))
        #expect(!falling.contains("test error rises"))
        let level = try page(document([3, 5, 10, 30], error: { _ in 0.4 }))
        #expect(level.contains("the test error stays at 41.50 %"))
        #expect(level.contains("does not exclude that the error stays the same"))
        let curved = try page(document([3, 5, 10, 30, 60], error: { 0.01 + 0.0002 * Double($0 * $0) }))
        #expect(curved.contains("A parabola describes the errors better than the line"))
    }

    @Test func whatIsMissingIsLeftOutAndSaid() throws {
        let short = try page(document([3, 10], seeds: 1, error: { 0.1 + 0.01 * Double($0) }, fitted: false))
        #expect(short.contains("There are too few numbers of labels for a line through the errors."))
        #expect(short.contains("At 3 and 10 labels there is one network only"))
        #expect(!short.contains("95 % band") && !short.contains("straight line explains"))
        let quiet = try page(document([3, 5, 10], error: { 0.1 + 0.01 * Double($0) }, ratio: .noNoise))
        #expect(quiet.contains("The signal-to-noise ratio has no value at 3 labels."))
        #expect(Markup(quiet).elementCounts["svg"] == 3)
        #expect(try page(document([5], error: { _ in 0.1 }, fitted: false)).contains("nothing can be said of what it does"))
        var empty = document([5], error: { _ in 0.1 }, fitted: false)
        empty.points = []
        #expect(try page(empty).contains("No network has been trained yet."))
    }

    @Test func verdictsAreToldAsTheyAre() throws {
        let claims = [
            Claim(number: 2, name: "linear error", statement: "s", verdict: .notUpheld, figures: [.init(name: "R2 of the line", value: 0.4, threshold: 0.9)]),
            Claim(number: 3, name: "universality", statement: "s", verdict: .notTested(missing: "m"), figures: []),
            Claim(number: 4, name: "pruning", statement: "s", verdict: .notTested(missing: "m"), figures: []),
        ]
        let html = try page(document([3, 5, 10], error: { 0.1 + 0.01 * Double($0) }, claims: claims))
        #expect(html.contains("By the bounds of the recipe the claim of linear error is not upheld; that of universality is not tested."))
        #expect(html.contains("R² of the line: <b>0.400</b>, at least 0.90 asked, not reached"))
    }
}

import Foundation
import Mechanism
import Reporting
import TestSupport
import Testing

/// What the report says in words, from figures made for the purpose: never against them, and nothing of figures that are missing.
@Suite struct FindingsTests {
    private static let noisy = FilterResult(
        filter: 0, top: 1, silent: false, clusters: [[0, 1], [2]], noise: 6, internalNoise: 4, externalNoise: 2)

    private func row(_ index: Int, accuracy: Double?, noise: Double? = 6, ratio: SignalToNoise = .ratio(2)) -> LayerRow {
        var row = LayerResult(layer: "conv\(index)", accuracy: accuracy, labels: 10, filters: [Self.noisy]).row
        row.meanNoise = noise
        row.signalToNoise = ratio
        return row
    }

    private func claim(_ number: Int, _ verdict: Verdict) -> Claim {
        Claim(number: number, name: ["", "sharpening", "linear error", "universality", "pruning"][number], statement: "s", verdict: verdict, figures: [])
    }

    private func text(
        _ layers: [LayerRow], accuracy: Double? = 0.9, claims: [Claim] = [], pruned: PruneDocument? = nil
    ) throws -> String {
        var input = ReportInput(summary: RunSummary(
            testAccuracy: accuracy, weightsSHA256: "00", wallSeconds: 1, recipe: "r", model: "m", dataset: "d",
            labelNames: (0..<10).map { "label \($0)" }, threshold: 0.3, layers: layers, claims: claims))
        input.pruned = pruned
        let html = try ReportDocument.html(input)
        #expect(Markup(html).faults == [])
        return Self.section("found", of: html)
    }

    static func section(_ id: String, of html: String) -> String {
        guard let start = html.range(of: "<section id=\"\(id)\">"), let end = html.range(of: "</section>", range: start.upperBound..<html.endIndex)
        else { return "" }
        return String(html[start.upperBound..<end.lowerBound])
    }

    @Test func aRiseIsARiseAndAFallAFall() throws {
        let rising = try text([row(1, accuracy: 0.2), row(2, accuracy: 0.5, noise: 5), row(3, accuracy: 0.7, noise: 2, ratio: .ratio(9))])
        #expect(rising.contains("accuracy of the heads rises from 20.00 % to 70.00 %, without a step down."))
        #expect(rising.contains("The noise per filter falls from 6.00 to 2.00."))
        #expect(rising.contains("The signal-to-noise ratio rises from 2.00 to 9.00."))
        #expect(rising.contains("20.00 points above its last layer&#39;s head"))
        let stepped = try text([row(1, accuracy: 0.2), row(2, accuracy: 0.5), row(3, accuracy: 0.4)])
        #expect(stepped.contains("rises from 20.00 % to 40.00 %, with 1 step down on the way."))
        let falling = try text(
            [row(1, accuracy: 0.7, noise: 2, ratio: .ratio(9)), row(2, accuracy: 0.8), row(3, accuracy: 0.6)], accuracy: 0.55)
        #expect(falling.contains("accuracy of the heads falls from 70.00 % to 60.00 %, with 1 step up on the way."))
        #expect(falling.contains("The noise per filter rises from 2.00 to 6.00."))
        #expect(falling.contains("The signal-to-noise ratio falls from 9.00 to 2.00."))
        #expect(falling.contains("5.00 points below its last layer&#39;s head"))
        let level = try text([row(1, accuracy: 0.5), row(2, accuracy: 0.50001)], accuracy: 0.5)
        #expect(level.contains("accuracy of the heads stays at 50.00 %"))
        #expect(level.contains("The noise per filter stays at 6.00.") && level.contains("The signal-to-noise ratio stays at 2.00."))
        #expect(level.contains("as good as its last layer&#39;s head"))
        for words in [rising, stepped, level] { #expect(!words.contains("heads falls")) }
        #expect(!falling.contains("heads rises"))
    }

    @Test func missingFiguresAreSaidToBeMissing() throws {
        let blind = try text([row(1, accuracy: nil), row(2, accuracy: nil)], accuracy: nil)
        #expect(blind.contains("How accurate the heads are was not measured"))
        #expect(!blind.contains("names"))
        let silent = try text([row(1, accuracy: 0.3, noise: nil, ratio: .undefined), row(2, accuracy: 0.4)])
        #expect(silent.contains("noise per filter is undefined in conv1, where no filter has a cluster"))
        #expect(silent.contains("signal-to-noise ratio is undefined in conv1"))
        #expect(!silent.contains("noise per filter rises") && !silent.contains("noise per filter falls"))
        var dead = row(2, accuracy: 0.4)
        dead.meanClustersPerFilter = nil
        dead.meanClusterSize = nil
        #expect(try text([row(1, accuracy: 0.3), dead]).contains("In conv2 none of the 1 filters vouches for any label."))
        #expect(try text([row(1, accuracy: 0.3)]).contains("The head of conv1 names 30.00 % of the test images correctly."))
        #expect(try text([]).contains("The network itself names 90.00 %"))
    }

    @Test func noNoiseIsAFindingOfItsOwn() throws {
        #expect(try text([row(1, accuracy: 0.3), row(2, accuracy: 0.4, ratio: .noNoise)]).contains("is 2.00 at first, and at last there is no noise at all"))
        #expect(try text([row(1, accuracy: 0.3, ratio: .noNoise), row(2, accuracy: 0.4)]).contains("is 2.00 at last, where at first there was no noise"))
        #expect(try text([row(1, accuracy: 0.3, ratio: .noNoise), row(2, accuracy: 0.4, ratio: .noNoise)]).contains("there is no noise at either end"))
    }

    @Test func guessingIsCalledGuessing() throws {
        let layers = [row(1, accuracy: 0.1), row(2, accuracy: 0.11)]
        #expect(try text(layers, accuracy: 0.12).contains("hardly better than guessing, which is right for 10.00 %"))
        #expect(try !text(layers, accuracy: 0.3).contains("guessing"))
    }

    @Test func verdictsAreToldAsTheyAre() throws {
        let layers = [row(1, accuracy: 0.3), row(2, accuracy: 0.4)]
        let missing = Verdict.notTested(missing: "m")
        let mixed = try text(layers, claims: [claim(1, .notUpheld), claim(2, missing), claim(3, missing), claim(4, .upheld)])
        #expect(mixed.contains(
            "By the bounds of the recipe the claim of pruning is upheld; that of sharpening is not upheld; "
                + "those of linear error and universality are not tested."))
        #expect(try text(layers, claims: [claim(1, .notUpheld)]).contains("the claim of sharpening is not upheld."))
        #expect(try !text(layers).contains("bounds of the recipe"))
        // A later pruning's verdict takes the place of one that was missing.
        let pruned = try text(
            layers, claims: [claim(1, .upheld), claim(4, missing)], pruned: PruningReportTests.document(claims: [claim(4, .notUpheld)]))
        #expect(pruned.contains("that of pruning is not upheld") && !pruned.contains("not tested"))
    }

    @Test func pruningIsComparedWithItsBaselines() throws {
        let layers = [row(1, accuracy: 0.3), row(2, accuracy: 0.4)]
        let words = try text(layers, pruned: PruningReportTests.document())
        #expect(words.contains("AFCC at threshold 0.3 keeps 60.00 % of the connections"))
        #expect(words.contains("names 20.00 % of the test images correctly instead of 90.00 %; retrained, 88.00 %, 2.00 points below the whole network."))
        #expect(words.contains("8.00 points above random clusters (80.00 %) and 1.00 point below the largest weights (89.00 %)"))
        var alone = PruningReportTests.document()
        alone.variants.removeAll { $0.method != .clusters }
        alone.variants[0].accuracyRetrained = 0.9
        let lonely = try text(layers, pruned: alone)
        #expect(lonely.contains("retrained, 90.00 %, as good as the whole network. There is no baseline to compare with."))
    }
}

import Foundation
import Mechanism
import Reporting
import Testing

/// The report's sections on pruning and on thresholds.
@Suite struct PruningReportTests {
    static func document(claims: [Claim] = []) -> PruneDocument {
        func variant(_ method: PruneDocument.Method, _ threshold: Double, _ density: Double, _ masked: Double, _ retrained: Double) -> PruneDocument.Variant {
            .init(
                method: method, threshold: threshold, density: density,
                layers: [.init(layer: "conv2", connections: 4096, kept: Int(4096 * density)), .init(layer: "classifier", connections: 640, kept: 64)],
                accuracyMasked: masked, accuracyRetrained: retrained, parametersKept: 700_000, multiplyAddsKept: 1_500_000,
                weights: "checkpoints/w.safetensors", weightsSHA256: "00")
        }
        return PruneDocument(
            recipe: "r", model: "m", dataset: "d", accuracy: 0.9, parameters: 1_000_000, multiplyAdds: 2_000_000,
            variants: [
                variant(.clusters, 0.3, 0.6, 0.2, 0.88), variant(.random, 0.3, 0.6, 0.1, 0.8), variant(.magnitude, 0.3, 0.6, 0.3, 0.89),
            ], claims: claims)
    }

    private func input() throws -> ReportInput { try SampleRun(layerCount: 3, filters: 12).input }

    @Test func whatIsKeptStandsLayerByLayer() throws {
        var input = try input()
        let before = Markup(try ReportDocument.html(input))
        #expect(!before.ids.contains("pruning"))
        input.pruned = Self.document()
        let html = try ReportDocument.html(input)
        let markup = Markup(html)
        #expect(markup.faults == [])
        #expect(markup.elementCounts["svg"] == (before.elementCounts["svg"] ?? 0) + 2)
        #expect(markup.rows.contains(["AFCC", "0.3", "60.00 %", "20.00 %", "88.00 %", "700,000", "70.0 %", "1,500,000", "75.0 %"]))
        // All methods keep as much of each layer: one column.
        #expect(markup.rows.contains(["connections kept", "of", "threshold 0.3"]))
        #expect(markup.rows.contains(["conv2", "4,096", "2,45760.0 %"]))
        #expect(markup.rows.contains(["classifier", "640", "6410.0 %"]))
        input.pruned?.variants[1].layers[0].kept = 2000
        let apart = Markup(try ReportDocument.html(input))
        #expect(apart.rows.contains(["connections kept", "of", "threshold 0.3, AFCC, the largest weights", "threshold 0.3, random clusters"]))
        // The line of the whole network, at its accuracy, beside each method's mark.
        let section = FindingsTests.section("pruning", of: html)
        for name in ["AFCC", "random clusters", "the largest weights", "whole network"] { #expect(section.contains(name)) }
    }

    @Test func thresholdsAreDrawnWhereThereAreSeveral() throws {
        var input = try input()
        let plain = try ReportDocument.html(input)
        #expect(FindingsTests.section("thresholds", of: plain) == "")
        input.further = [ThresholdFigures(threshold: 0.3, layers: input.summary.layers)]
        #expect(FindingsTests.section("thresholds", of: try ReportDocument.html(input)) == "", "the run's own threshold is none besides it")
        var noiseless = input.summary.layers
        for index in noiseless.indices { noiseless[index].signalToNoise = .noNoise }
        input.further.append(ThresholdFigures(threshold: 0.5, layers: noiseless))
        let html = try ReportDocument.html(input)
        #expect(Markup(html).faults == [])
        let section = FindingsTests.section("thresholds", of: html)
        // A single ratio makes no line: clusters, sizes and noise are left.
        #expect(section.components(separatedBy: "<svg").count == 1 + 3)
        #expect(!section.contains("Signal-to-noise ratio against"))
        for layer in ["conv1", "conv2", "conv3"] { #expect(section.contains(layer)) }
    }
}

import Foundation
import Mechanism
import Testing

@Suite struct LayerFiguresTests {
    private func result(_ clusters: [[Int]], noise: Int = 0, internalNoise: Int = 0, silent: Bool = false) -> FilterResult {
        FilterResult(
            filter: 0, top: silent ? 0 : 1, silent: silent, clusters: clusters, noise: noise, internalNoise: internalNoise,
            externalNoise: noise - internalNoise)
    }

    @Test func figuresWorkedOutByHand() throws {
        let figures = LayerFigures(layer: "conv3", labels: 4, filters: [
            result([[0, 1, 2], [3]], noise: 4, internalNoise: 3),
            result([[2]], noise: 2, internalNoise: 2),
            result([], noise: 6),
            result([], silent: true),
        ])
        #expect(figures.filterCount == 4 && figures.activeFilters == 2 && figures.silentFilters == 1)
        let active = try #require(figures.active)
        #expect(active == LayerFigures.Means(
            clustersPerFilter: 1.5, clusterSize: 5.0 / 3, noise: 3, internalNoise: 2.5, externalNoise: 0.5))
        let all = try #require(figures.all)
        #expect(all == LayerFigures.Means(clustersPerFilter: 0.75, clusterSize: 5.0 / 3, noise: 3, internalNoise: 1.25, externalNoise: 1.75))
        #expect(figures.signal == 5.0 / 4)
        #expect(figures.noisePerLabel == 1)
        #expect(figures.signalToNoise == .ratio(1.25))
        #expect(figures.clusterSizeCounts == [2, 0, 1])
    }

    @Test func noNoiseIsNamed() {
        let figures = LayerFigures(layer: "conv1", labels: 3, filters: [result([[0, 1]])])
        #expect(figures.signalToNoise == .noNoise)
        #expect(figures.signalToNoise.ratio == nil)
    }

    @Test func anAllSilentLayerIsUndefined() {
        let figures = LayerFigures(layer: "conv1", labels: 3, filters: [result([], silent: true), result([], silent: true)])
        #expect(figures.signalToNoise == .undefined)
        #expect(figures.active == nil)
        #expect(figures.silentFilters == 2)
        #expect(figures.all == LayerFigures.Means(clustersPerFilter: 0, clusterSize: nil, noise: 0, internalNoise: 0, externalNoise: 0))
        #expect(figures.clusterSizeCounts.isEmpty)
    }

    @Test func noiseWithoutSignalIsARatioOfZero() {
        #expect(LayerFigures(layer: "conv1", labels: 3, filters: [result([], noise: 1)]).signalToNoise == .ratio(0))
    }

    @Test func aSingleLabelHasNoNoise() {
        let figures = LayerFigures(layer: "conv1", labels: 1, filters: [result([[0]])])
        #expect(figures.noisePerLabel == 0)
        #expect(figures.signalToNoise == .noNoise)
    }

    @Test func noFilters() {
        let figures = LayerFigures(layer: "conv1", labels: 3, filters: [])
        #expect(figures.all == nil && figures.active == nil && figures.signalToNoise == .undefined)
    }

    @Test func signalToNoiseInJSON() throws {
        let cases: [SignalToNoise] = [.ratio(2.5), .noNoise, .undefined]
        let data = try JSONEncoder().encode(cases)
        #expect(String(decoding: data, as: UTF8.self) == "[2.5,\"no noise\",\"undefined\"]")
        #expect(try JSONDecoder().decode([SignalToNoise].self, from: data) == cases)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SignalToNoise.self, from: Data("\"loud\"".utf8)) }
    }
}

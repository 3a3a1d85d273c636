import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

struct JournalTests {
    let fixture: Fixture
    var journal: Journal { fixture.journal }

    init() throws { fixture = try Fixture() }

    @Test func factsPhasesAndStatus() throws {
        let reader = try fixture.reader()
        #expect(try reader.condition() == nil)
        #expect(try reader.status() == nil)
        try journal.setValue("demo", for: "recipe")
        try journal.setCondition(.running)
        try journal.beginPhase("training", steps: 100, at: 10)
        try journal.beginPhase("heads", steps: 20, at: 30)
        try journal.finishPhase("training", at: 25)
        try journal.setStatus(json: #"{"step":1}"#, at: 11)
        try journal.setStatus(json: #"{"step":2}"#, at: 12)
        #expect(try reader.values() == ["recipe": "demo", "state": "running"])
        #expect(try reader.condition() == .running)
        #expect(try reader.phases().map(\.phase) == ["training", "heads"])
        #expect(try reader.phases().map(\.finished) == [25, nil])
        let status = try #require(try reader.status())
        #expect(status.json == #"{"step":2}"# && status.updated == 12)
        // Going on after a restart keeps the first start.
        try journal.beginPhase("training", steps: 200, at: 99)
        let phase = try #require(try reader.phases().first)
        #expect(phase.started == 10 && phase.finished == nil && phase.steps == 200)
    }

    @Test func unitsAreReplacedByTheirID() throws {
        var unit = UnitRow(
            id: 3, kind: "train", phase: "training", step: 7, node: "1/0", worker: "w1", attempts: 1, seconds: 0.25, state: .failed,
            finishedAt: 5)
        try journal.record(unit)
        unit.state = .done
        unit.attempts = 2
        try journal.record(unit)
        var other = unit
        other.id = 9
        other.step = 8
        other.worker = nil
        other.seconds = nil
        other.finishedAt = nil
        other.state = .failed
        try journal.record([other])
        #expect(try journal.units() == [unit, other])
        #expect(try journal.units(phase: "training", step: 8) == [other])
        #expect(try journal.units(phase: "heads").isEmpty)
        #expect(try journal.highestUnitID() == 9)
        #expect(try journal.unitCount(phase: "training") == 1)
    }

    @Test func metricsKeepWhatIsNoNumber() throws {
        try journal.recordMetrics(phase: "training", step: 0, [("loss", 2.5), ("accuracy", 0.1)])
        try journal.recordMetrics(phase: "training", step: 1, [("loss", .nan), ("accuracy", .infinity)])
        try journal.recordMetrics(phase: "training", step: 0, [("loss", 2.25)])
        #expect(try journal.metrics(phase: "training", name: "loss").map(\.value) == [2.25, nil])
        #expect(try journal.metrics(phase: "training", name: "accuracy").map(\.value) == [0.1, .infinity])
        #expect(try journal.metricNames(phase: "training") == ["accuracy", "loss"])
        try journal.removeMetrics(phase: "training", from: 1)
        #expect(try journal.metrics().map(\.step) == [0, 0])
    }

    @Test func workersComeAndGo() throws {
        let worker = WorkerRow(
            name: "w1", incarnation: "A", host: "node1", pid: 42, threads: 8, fingerprint: "avx512", joined: 1)
        try journal.workerJoined(worker)
        try journal.credit(name: "w1", incarnation: "A", units: 2, samples: 50)
        try journal.credit(name: "w1", incarnation: "A", units: 1, samples: 25)
        try journal.workerLeft(name: "w1", incarnation: "A", reason: "silent", at: 9)
        var row = try #require(try journal.workers().first)
        #expect(row.units == 3 && row.samples == 75 && row.left == 9 && row.reason == "silent")
        // The same life again: a reconnect.
        try journal.workerJoined(worker)
        var second = worker
        second.incarnation = "B"
        second.joined = 20
        try journal.workerJoined(second)
        row = try #require(try journal.workers().first)
        #expect(row.left == nil && row.units == 3 && row.joined == 1)
        try journal.allWorkersLeft(reason: "coordinator restarted", at: 30)
        #expect(try journal.workers().map(\.left) == [30, 30])
    }

    @Test func layersKeepUndefinedFigures() throws {
        let none = FilterMeans(clustersPerFilter: nil, clusterSize: nil, noise: nil, internalNoise: nil, externalNoise: nil)
        let first = LayerRow(
            layer: 0, name: "conv1", filterCount: 64, accuracy: 0.25, activeFilters: 60, silentFilters: 3,
            active: FilterMeans(clustersPerFilter: 1.5, clusterSize: 2.25, noise: 4, internalNoise: 3, externalNoise: 1),
            all: FilterMeans(clustersPerFilter: 1.4, clusterSize: 2.25, noise: 3.9, internalNoise: 2.9, externalNoise: 1),
            signal: 20, noisePerLabel: 0.5, snr: 40)
        let second = LayerRow(
            layer: 1, name: "conv2", filterCount: 0, accuracy: nil, activeFilters: 0, silentFilters: 0, active: none, all: none,
            signal: 0, noisePerLabel: 0, snr: nil)
        try journal.record(second)
        try journal.record(first)
        #expect(try journal.layers() == [first, second])
        try journal.record(first)
        #expect(try journal.layers().count == 2)
        let plain = try journal.database.rows("SELECT snr IS NULL FROM layers ORDER BY layer") { row throws(Problem) in try row.bool(0) }
        #expect(plain == [false, true])
    }

    @Test func filtersKeepTheirClusters() throws {
        let filters = [
            FilterRow(layer: 2, filter: 0, top: 1.5, silent: false, clusters: [[3, 7], [0], [1, 2, 9]], noise: 5, internalNoise: 4, externalNoise: 1),
            FilterRow(layer: 2, filter: 1, top: -1, silent: true, clusters: [], noise: 0, internalNoise: 0, externalNoise: 0),
            FilterRow(layer: 2, filter: 2, top: 2, silent: false, clusters: [[4]], noise: 0, internalNoise: 0, externalNoise: 0),
        ]
        try journal.record(filters.reversed())
        #expect(try journal.filters(layer: 2) == filters)
        #expect(try journal.filters(layer: 1).isEmpty)
        // Measured again with another outcome: no cluster of the old one stays.
        var changed = filters[0]
        changed.clusters = [[5]]
        try journal.record([changed])
        #expect(try journal.filters(layer: 2).first == changed)
        let count = try journal.database.rows("SELECT count(*) FROM clusters") { row throws(Problem) in try row.integer(0) }
        #expect(count == [2])
    }

    @Test func clustersNeedTheirFilter() throws {
        #expect(throws: Problem.self) {
            try journal.database.execute("INSERT INTO clusters (layer, filter, cluster, label) VALUES (0, 0, 0, 0)")
        }
    }

    @Test func labelMeansAndClaimsAreReplacedAsAWhole() throws {
        let means = (0..<3).map { LabelMeanRow(layer: 0, label: $0, count: 10 + $0, file: "results/means.safetensors", tensor: "conv1") }
        try journal.recordLabelMeans(means)
        try journal.recordLabelMeans(Array(means.prefix(2)))
        #expect(try journal.labelMeans() == Array(means.prefix(2)))
        let claims = [
            ClaimRow(claim: "sharpening", verdict: "upheld", text: "ü", figures: "[1]"),
            ClaimRow(claim: "linear error", verdict: "not tested", text: "", figures: "[]"),
        ]
        try journal.record(claims)
        try journal.record(claims)
        #expect(try journal.claims() == claims)
    }

    @Test func aTransactionIsAllOrNothing() throws {
        #expect(throws: Problem("stop")) {
            try journal.transaction { () throws(Problem) in
                try journal.setValue("1", for: "a")
                try journal.recordMetrics(phase: "training", step: 0, [("loss", 1)])
                throw Problem("stop")
            }
        }
        #expect(try journal.values().isEmpty)
        #expect(try journal.metrics().isEmpty)
        try journal.transaction { () throws(Problem) in try journal.setValue("2", for: "a") }
        #expect(try journal.value(for: "a") == "2")
    }

    @Test func textIsKeptAsItIs() throws {
        for text in ["", "'; DROP TABLE run; --", "null \0 inside", "🙂é\n\t"] {
            try journal.setValue(text, for: "text")
            #expect(try journal.value(for: "text") == text)
        }
    }
}

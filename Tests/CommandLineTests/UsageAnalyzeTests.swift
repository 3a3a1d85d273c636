import Diagnostics
import Foundation
import Networks
import RunStore
import Tensors
import TestSupport
import Testing

/// `analyze` over a small network with random weights and random images, all made here.
@Suite struct UsageAnalyzeTests {
    private static let labels = 4
    private let directory: TemporaryDirectory
    private let network: Network
    private let headSet: HeadSet

    init() throws {
        directory = try TemporaryDirectory()
        network = try Network(ModelSpecification(name: "vgg11", width: 2, inputChannels: 3, labels: Self.labels))
        headSet = try HeadSet(network, labels: Self.labels, layers: ["conv1", "conv7", "conv8"])
        try network.saveWeights(
            parameters: network.initialParameters(seed: 3), statistics: network.initialStatistics(), path: directory.file("w"))
        try headSet.saveWeights(parameters: headSet.initialParameters(seed: 4), path: directory.file("h"))
        try write((0..<60).map { $0 % Self.labels }, to: "x")
    }

    private func write(_ labels: [Int], to name: String) throws {
        var writer = SafetensorsWriter()
        writer.add("images", [labels.count, 3, 32, 32], randomFloats(labels.count * 3072, seed: 5))
        writer.add("labels", [labels.count], labels.map(Int64.init))
        try writer.write(to: directory.file(name))
    }

    private func analyze(
        _ more: [String], weights: String = "w", heads: String = "h", data: String = "x"
    ) throws -> ProcessOutcome {
        try runFilterscope([
            "analyze", "--model", "vgg11", "--weights", directory.file(weights), "--heads", directory.file(heads), "--dataset",
            "tensor:" + directory.file(data), "--threads", "1",
        ] + more)
    }

    private func json(_ more: [String], data: String = "x", heads: String = "h") throws -> [String: Any] {
        let outcome = try analyze(more + ["--json", "-"], heads: heads, data: data)
        try #require(outcome.status == 0, "\(outcome.stderr)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
    }

    private func expectRefusal(_ outcome: ProcessOutcome, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(outcome.status == 1, "\(outcome.stderr)", sourceLocation: sourceLocation)
        for part in parts { #expect(outcome.stderr.contains(part), "\(outcome.stderr)", sourceLocation: sourceLocation) }
    }

    // MARK: Results

    /// The same document, but for the accuracies, which are null.
    @Test func accuraciesCanBeLeftOut() throws {
        func layers(_ more: [String]) throws -> [[String: Any]] { try #require(try json(more)["layers"] as? [[String: Any]]) }
        for (whole, bare) in zip(try layers([]), try layers(["--no-accuracies"])) {
            #expect(whole["accuracy"] is Double && bare["accuracy"] is NSNull)
            for key in whole.keys where key != "accuracy" { #expect(whole[key] as? NSObject == bare[key] as? NSObject, "\(key)") }
        }
    }

    /// 26 MB of label sums in a message, from a worker of a network whose weights take 2: heads are not sent where their accuracies are
    /// not asked for.
    @Test func labelSumsMayBeFarLargerThanWeights() throws {
        let labels = 3200
        let network = try Network(ModelSpecification(name: "vgg11", width: 16, inputChannels: 3, labels: Self.labels))
        let heads = try HeadSet(network, labels: labels, layers: ["conv1"])
        try network.saveWeights(
            parameters: network.initialParameters(seed: 7), statistics: network.initialStatistics(), path: directory.file("wide"))
        try heads.saveWeights(parameters: heads.initialParameters(seed: 6), path: directory.file("many"))
        try write(Array(0..<labels), to: "all")
        let outcome = try analyze(["--no-accuracies", "--json", "-"], weights: "wide", heads: "many", data: "all")
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let document = try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any]
        #expect((document?["layers"] as? [Any])?.count == 1)
    }

    /// Images in another order are other images to no figure but the last bits of sums.
    @Test func samplesNeedNotComeByLabel() throws {
        let order = (0..<60).map { ($0 * 7) % 60 }
        let images = randomFloats(60 * 3072, seed: 5)
        var writer = SafetensorsWriter()
        writer.add("images", [60, 3, 32, 32], order.flatMap { images[$0 * 3072..<($0 + 1) * 3072] })
        writer.add("labels", [60], order.map { Int64($0 % Self.labels) })
        try writer.write(to: directory.file("shuffled"))
        func layers(_ data: String) throws -> [[String: Any]] { try #require(try json([], data: data)["layers"] as? [[String: Any]]) }
        for (one, other) in zip(try layers("x"), try layers("shuffled")) {
            #expect(one["accuracy"] as? Double == other["accuracy"] as? Double)
            let noises = try [one, other].map { try #require($0["mean_noise"] as? Double) }
            #expect(abs(noises[0] - noises[1]) <= 1e-5 * abs(noises[0]))
        }
    }

    /// Figures at further thresholds are those of an analysis at each of them alone.
    @Test func furtherThresholdsAgreeWithEachAlone() throws {
        let all = try json(["--thresholds", "0.7,0.1,0.5,0.1"])
        let rows = try #require(all["thresholds"] as? [[String: Any]])
        #expect(rows.map { $0["threshold"] as? Double } == [0.1, 0.5, 0.7])
        for row in rows {
            let threshold = try #require(row["threshold"] as? Double)
            let alone = try json(["--threshold", "\(threshold)"])
            #expect(alone["thresholds"] == nil)
            let layers = try #require(row["layers"] as? [[String: Any]])
            let expected = try #require(alone["layers"] as? [[String: Any]])
            #expect(layers.compactMap { $0["layer"] as? String } == ["conv1", "conv7", "conv8"])
            for (layer, expected) in zip(layers, expected) {
                for key in layer.keys where key != "silent_filters" {
                    #expect(layer[key] as? NSObject == expected[key] as? NSObject, "\(threshold) \(key)")
                }
            }
        }
    }

    @Test func tablesHoldWhatTheDocumentSays() throws {
        let document = try json([
            "--thresholds", "0.2,0.6", "--csv", directory.file("tables"), "--sqlite", directory.file("t.sqlite"), "--split", "train",
        ])
        #expect(document["split"] as? String == "train")
        let layers = try #require(document["layers"] as? [[String: Any]])
        let reader = try JournalReader(path: directory.file("t.sqlite"))
        #expect(try reader.layers().map(\.name) == ["conv1", "conv7", "conv8"])
        #expect(try reader.value(for: "split") == "train")
        var lines = 0
        for (index, layer) in layers.enumerated() {
            let filters = try #require(layer["filters"] as? [[String: Any]])
            let rows = try reader.filters(layer: index)
            #expect(rows.count == filters.count)
            for (row, filter) in zip(rows, filters) {
                #expect(row.clusters == filter["clusters"] as? [[Int]] && row.noise == filter["noise"] as? Int)
                // JSONSerialization reads numbers to within their last digit.
                let margin = filter["margin"] as? Double
                #expect((row.margin == nil) == row.silent && (margin == nil) == row.silent)
                #expect(abs((row.margin ?? 0) - (margin ?? 0)) < 1e-15)
            }
            lines += filters.count
        }
        #expect(try reader.thresholdFigures().map(\.threshold) == [0.2, 0.6, 0.2, 0.6, 0.2, 0.6])
        func text(_ name: String) throws -> [Substring] {
            try String(contentsOfFile: directory.file("tables/\(name).csv"), encoding: .utf8).split(separator: "\n")
        }
        #expect(try text("filters").count == lines + 1 && text("thresholds").count == 7 && text("layers").count == 4)
        #expect(try text("filters")[0].hasSuffix(",margin"))
        expectRefusal(try analyze(["--sqlite", directory.file("t.sqlite")]), "is there already", "t.sqlite")
    }

    @Test func workersAndThreadsDoNotChangeTheDocument() throws {
        let more = ["--thresholds", "0.2,0.6", "--json"]
        #expect(try analyze(more + [directory.file("a")]).status == 0)
        #expect(try analyze(more + [directory.file("b"), "--workers", "2"]).status == 0)
        #expect(FileManager.default.contentsEqual(atPath: directory.file("a"), andPath: directory.file("b")))
    }

    @Test func twoLabels() throws {
        let two = try Network(ModelSpecification(name: "vgg11", width: 2, inputChannels: 3, labels: 2))
        let heads = try HeadSet(two, labels: 2)
        try two.saveWeights(parameters: two.initialParameters(seed: 1), statistics: two.initialStatistics(), path: directory.file("w2"))
        try heads.saveWeights(parameters: heads.initialParameters(seed: 2), path: directory.file("h2"))
        try write((0..<20).map { $0 % 2 }, to: "x2")
        let outcome = try analyze(["--json", "-"], weights: "w2", heads: "h2", data: "x2")
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let document = try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
        #expect((document["layers"] as? [[String: Any]])?.count == 8)
    }

    @Test func everyFilterSilent() throws {
        let silent = headSet.initialParameters(seed: 4)
        for index in 0..<silent.buffer.count { silent.buffer[index] = -abs(silent.buffer[index]) }
        try headSet.saveWeights(parameters: silent, path: directory.file("silent"))
        let document = try json(["--thresholds", "0.5", "--csv", directory.file("tables")], heads: "silent")
        for layer in try #require(document["layers"] as? [[String: Any]]) {
            #expect(layer["active_filters"] as? Int == 0 && layer["snr"] as? String == "undefined")
            #expect(layer["mean_cluster_size"] is NSNull)
        }
    }

    // MARK: What cannot be analysed

    @Test(arguments: ["0", "1", "-0.3", "1.5", "nan", "much"])
    func aThresholdOutsideIsRefused(_ text: String) throws {
        let one = try analyze(["--threshold=\(text)"])
        #expect(one.status == 2 && one.stderr.contains("--threshold needs a number between 0 and 1"), "\(one.stderr)")
        let several = try analyze(["--thresholds=0.3,\(text)"])
        #expect(several.status == 2 && several.stderr.contains("--thresholds needs numbers between 0 and 1"), "\(several.stderr)")
    }

    @Test func headsOfAnotherShapeAreRefused() throws {
        let wide = try Network(ModelSpecification(name: "vgg11", width: 4, inputChannels: 3, labels: Self.labels))
        let heads = try HeadSet(wide, labels: Self.labels)
        try heads.saveWeights(parameters: heads.initialParameters(seed: 1), path: directory.file("wide"))
        expectRefusal(try analyze([], heads: "wide"), directory.file("wide"), "head.conv1.weight")
        expectRefusal(try analyze([], heads: "w"), directory.file("w"), "holds no heads")
    }

    @Test func labelsThatTheHeadsDoNotKnowAreRefused() throws {
        try write((0..<60).map { $0 % 6 }, to: "more")
        expectRefusal(try analyze([], data: "more"), "the heads are for 4 labels, and the data set has 6", directory.file("h"))
    }

    @Test func aLabelWithoutImagesIsNamed() throws {
        try write((0..<60).map { [0, 1, 3][$0 % 3] }, to: "gap")
        expectRefusal(try analyze([], data: "gap"), "no image of label 2", "conv1")
        expectRefusal(try analyze(["--split", "train"], data: "gap"), "no image of label 2")
    }

    @Test(arguments: [Float.nan, .infinity])
    func weightsThatAreNotFiniteAreNamed(_ value: Float) throws {
        let parameters = network.initialParameters(seed: 3)
        parameters.buffer(parameters.layout.entries[3])[1] = value
        try network.saveWeights(parameters: parameters, statistics: network.initialStatistics(), path: directory.file("bad"))
        expectRefusal(try analyze([], weights: "bad"), directory.file("bad"), parameters.layout.entries[3].name, "\(value)")
        let heads = headSet.initialParameters(seed: 4)
        heads.buffer(heads.layout.entries[1])[5] = value
        try headSet.saveWeights(parameters: heads, path: directory.file("badheads"))
        expectRefusal(try analyze([], heads: "badheads"), directory.file("badheads"), "head.conv7.weight")
    }
}

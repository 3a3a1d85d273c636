import Foundation
import Mechanism
import Reporting
import TestSupport
import Testing

@Suite struct ResultFilesTests {
    private func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private let silent = FilterResult(filter: 1, top: -0.5, silent: true, clusters: [], noise: 0, internalNoise: 0, externalNoise: 0)
    private let noisy = FilterResult(filter: 0, top: 2, silent: false, clusters: [[0, 2], [1]], noise: 3, internalNoise: 3, externalNoise: 0, margin: 0.25)

    private var layers: [LayerResult] {
        [
            LayerResult(layer: "conv1", accuracy: 0.5, labels: 3, filters: [noisy, silent]),
            LayerResult(layer: "conv2", accuracy: nil, labels: 3, filters: [silent]),
        ]
    }

    private func summary(_ layers: [LayerResult]) -> RunSummary {
        RunSummary(
            testAccuracy: 0.75, weightsSHA256: "abc", wallSeconds: 12.5, recipe: "trial", model: "vgg11", dataset: "d",
            labelNames: ["a", "b, or \"c\"", "d\r\ne"], threshold: 0.3, layers: layers.map(\.row),
            claims: Claim.verdicts(layers: layers.map(\.evidence)))
    }

    @Test func summaryHasTheInterfacesShapeAndReadsBack() throws {
        let directory = try TemporaryDirectory()
        let summary = summary(layers)
        let paths = try ResultFiles(runDirectory: directory.path).write(summary: summary, layers: layers, metrics: [])
        #expect(paths.map { $0.split(separator: "/").last.map(String.init) } == [
            "summary.json", "layers.json", "layers.csv", "filters.csv", "clusters.csv", "metrics.csv",
        ])
        #expect(try RunSummary.load(path: paths[0]) == summary)
        let json = try object(paths[0])
        #expect(json["test_accuracy"] as? Double == 0.75)
        #expect(json["weights_sha256"] as? String == "abc")
        #expect(json["wall_seconds"] as? Double == 12.5)
        let rows = try #require(json["layers"] as? [[String: Any]])
        #expect(rows.map { $0["layer"] as? String } == ["conv1", "conv2"])
        #expect(rows[0]["mean_clusters_per_filter"] as? Double == 2)
        #expect(rows[0]["mean_cluster_size"] as? Double == 1.5)
        #expect(rows[0]["mean_noise"] as? Double == 3)
        #expect(rows[0]["signal"] as? Double == 1)
        #expect(rows[0]["noise_per_label"] as? Double == 0.5)
        #expect(rows[0]["snr"] as? Double == 2)
        #expect(rows[1]["mean_noise"] is NSNull && rows[1]["accuracy"] is NSNull)
        #expect(rows[1]["snr"] as? String == "undefined")
        let claims = try #require(json["claims"] as? [[String: Any]])
        #expect(claims.map { $0["claim"] as? Int } == [1, 2, 3, 4])
        #expect(claims.allSatisfy { $0["verdict"] as? String == "not tested" && $0["missing"] is String })
    }

    @Test func analysisDocumentHasTheInterfacesShape() throws {
        let data = try AnalysisDocument(threshold: 0.3, model: "vgg11", labels: 3, layers: layers, accuracyNote: "10 against 3 labels").json()
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Set(json.keys) == ["threshold", "labels", "model", "layers", "accuracy_note"])
        #expect(json["labels"] as? Int == 3)
        let rows = try #require(json["layers"] as? [[String: Any]])
        #expect(Set(rows[0].keys) == [
            "layer", "accuracy", "filters", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise", "active_filters", "signal",
            "noise_per_label", "snr",
        ])
        #expect(rows[0]["active_filters"] as? Int == 1)
        let filters = try #require(rows[0]["filters"] as? [[String: Any]])
        let keys: Set = ["filter", "clusters", "noise", "internal_noise", "margin"]
        #expect(filters.map { Set($0.keys) } == [keys, keys])
        #expect(filters[1]["margin"] is NSNull)
        #expect(filters[0]["clusters"] as? [[Int]] == [[0, 2], [1]])
        #expect(filters[0]["noise"] as? Int == 3 && filters[0]["internal_noise"] as? Int == 3)
        #expect(rows[1]["accuracy"] is NSNull)
    }

    @Test func noNoiseIsWordsInEveryFile() throws {
        let pure = FilterResult(filter: 0, top: 1, silent: false, clusters: [[0]], noise: 0, internalNoise: 0, externalNoise: 0)
        let layer = LayerResult(layer: "conv1", accuracy: 1, labels: 3, filters: [pure])
        #expect(ResultFiles.layersCSV([layer.row]).split(separator: "\n")[1].hasSuffix(",no noise"))
        let json = String(decoding: try AnalysisDocument(threshold: 0.3, model: "m", labels: 3, layers: [layer]).json(), as: UTF8.self)
        #expect(json.contains("\"snr\" : \"no noise\""))
    }

    @Test func csvQuotesWhatNeedsIt() {
        let text = ResultFiles.clustersCSV(layers, labelNames: ["a", "b, or \"c\"", "d\r\ne"])
        #expect(text == "layer,filter,cluster,size,labels,label_names\n"
            + "conv1,0,0,2,0 2,\"a; d\r\ne\"\n"
            + "conv1,0,1,1,1,\"b, or \"\"c\"\"\"\n")
    }

    @Test func filtersCSV() {
        #expect(ResultFiles.filtersCSV(layers) == """
            layer,filter,top,silent,clusters,clustered_labels,noise,internal_noise,external_noise,margin
            conv1,0,2.0,0,2,3,3,3,0,0.25
            conv1,1,-0.5,1,0,0,0,0,0,
            conv2,1,-0.5,1,0,0,0,0,0,

            """)
    }

    @Test func metricsReadBack() throws {
        let metrics = [
            MetricPoint(phase: "training", name: "loss", step: 1, epoch: 1.0 / 3, value: 2.25),
            MetricPoint(phase: "heads", name: "accuracy", layer: "odd, \"name\"", step: 7, epoch: 2, value: 0.1),
        ]
        let directory = try TemporaryDirectory()
        try directory.write(Data(ResultFiles.metricsCSV(metrics).utf8), to: "metrics.csv")
        #expect(try MetricPoint.load(path: directory.file("metrics.csv")) == metrics)
        try directory.write(Data("phase,name,layer,step,epoch,value\ntraining,loss,,x,1,2\n".utf8), to: "metrics.csv")
        #expect(throws: (any Error).self) { try MetricPoint.load(path: directory.file("metrics.csv")) }
    }
}

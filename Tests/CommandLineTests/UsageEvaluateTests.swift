import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// `evaluate` over files that are made here: a network with random weights, random images, and labels of which the first
/// half are what the network says.
@Suite struct UsageEvaluateTests {
    private static let count = 130
    private static let labels = 7
    private let directory: TemporaryDirectory
    private let expected: [Float]

    init() throws {
        directory = try TemporaryDirectory()
        let network = try Network(ModelSpecification(name: "vgg11", width: 2, inputChannels: 3, labels: Self.labels))
        let (parameters, statistics) = (network.initialParameters(seed: 3), network.initialStatistics())
        try network.saveWeights(parameters: parameters, statistics: statistics, path: directory.file("w.safetensors"))

        // The evaluation's shards: 100 samples, then 30.
        let images = randomFloats(Self.count * 3 * 32 * 32, seed: 5)
        let lane = InferenceLane(network, shardSize: 100)
        var logits: [Float] = []
        for first in stride(from: 0, to: Self.count, by: 100) {
            let samples = min(100, Self.count - first)
            for sample in 0..<samples {
                for channel in 0..<3 {
                    for pixel in 0..<1024 {
                        lane.input[(sample * 1024 + pixel) * 3 + channel] = images[((first + sample) * 3 + channel) * 1024 + pixel]
                    }
                }
            }
            logits += lane.run(sampleCount: samples, parameters: parameters, statistics: statistics).array
        }
        expected = logits
        let choices = (0..<Self.count).map { sample in
            (0..<Self.labels).max { logits[sample * Self.labels + $0] < logits[sample * Self.labels + $1] } ?? 0
        }
        try write(images, labels: choices.enumerated().map { $0 < 65 ? $1 : ($1 + 1) % Self.labels }, to: "x.safetensors")
        try write(images, labels: choices.map { $0 + 10 }, to: "other.safetensors")
    }

    private func write(_ images: [Float], labels: [Int], to name: String) throws {
        var writer = SafetensorsWriter()
        writer.add("images", [Self.count, 3, 32, 32], images)
        writer.add("labels", [Self.count], labels.map(Int64.init))
        try writer.write(to: directory.file(name))
    }

    private func evaluate(_ extra: [String], data: String = "x.safetensors") throws -> ProcessOutcome {
        try runFilterscope(
            ["evaluate", "--model", "vgg11", "--weights", directory.file("w.safetensors"), "--dataset", "tensor:" + directory.file(data)]
                + extra)
    }

    @Test func accuracyAndLogitsAreTheNetworksOnAnyNumberOfThreads() throws {
        for threads in ["1", "3"] {
            let outcome = try evaluate(["--json", "-", "--logits", directory.file("l\(threads)"), "--threads", threads])
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let result = try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
            #expect(result["test_accuracy"] as? Double == 0.5)
            #expect(result["samples"] as? Int == Self.count)
            #expect(result["accuracy_note"] is NSNull)
            let logits = try SafetensorsFile(path: directory.file("l\(threads)")).floats("logits")
            #expect(logits.shape == [Self.count, Self.labels])
            logits.withBuffer { #expect($0.array == expected) }
        }
        #expect(FileManager.default.contentsEqual(atPath: directory.file("l1"), andPath: directory.file("l3")))
    }

    @Test func otherLabelsGetLogitsAndAReasonButNoAccuracy() throws {
        let outcome = try evaluate(["--json", directory.file("r.json"), "--logits", directory.file("l")], data: "other.safetensors")
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stdoutText.contains("no accuracy: the network has 7 labels"))
        let data = try Data(contentsOf: URL(fileURLWithPath: directory.file("r.json")))
        let result = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(result["test_accuracy"] is NSNull)
        let logits = try SafetensorsFile(path: directory.file("l")).floats("logits")
        logits.withBuffer { #expect($0.array == expected) }
    }

    @Test func wrongModelAndMissingFileSayWhatToDo() throws {
        let width = try evaluate(["--width", "4"])
        #expect(width.status == 1)
        #expect(width.stderr.contains("use --width 2"), "\(width.stderr)")
        let missing = try runFilterscope(["evaluate", "--model", "vgg11", "--weights", "/nowhere", "--dataset", "tensor:" + directory.file("x.safetensors")])
        #expect(missing.status == 1)
        #expect(missing.stderr.contains("/nowhere"))
        let usage = try runFilterscope(["evaluate", "--model", "vgg11"])
        #expect(usage.status == 2)
        #expect(usage.stderr.contains("--weights FILE is missing"))
    }
}

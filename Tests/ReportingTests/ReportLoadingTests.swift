import Diagnostics
import Foundation
import Mechanism
import Reporting
import RunStore
import Tensors
import TestSupport
import Testing

@Suite struct ReportLoadingTests {
    /// Writes what the coordinator leaves in a run directory.
    private func write(_ run: SampleRun, to path: String) throws {
        for folder in ["results", "checkpoints"] {
            try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
        }
        try ResultFiles(runDirectory: path).write(summary: run.input.summary, layers: run.layers, metrics: run.input.metrics)
        let recipe = #"{"name": "fashion-demo", "description": "A trial.", "seed": 7, "training": {"batchSize": 100, "flip": true, "learningRate": 0.028}}"#
        try Data(recipe.utf8).write(to: URL(fileURLWithPath: path + "/recipe.json"))
        let journal = try Journal(path: path + "/run.sqlite")
        try journal.beginPhase("training", steps: 3000, at: 1000)
        try journal.finishPhase("training", at: 1090)
        for incarnation in ["one", "two"] {
            try journal.workerJoined(WorkerRow(
                name: "worker-1", incarnation: incarnation, host: "anna", pid: 1, threads: 2, fingerprint: "f", joined: 1000, left: nil, reason: nil,
                units: 0, samples: 0))
            try journal.credit(name: "worker-1", incarnation: incarnation, units: 21, samples: 0)
        }
        var means = SafetensorsWriter()
        var heads = SafetensorsWriter()
        for (index, layer) in run.layers.enumerated() {
            means.add("label_means.\(layer.layer)", run.means[index])
            let (labels, positions, filters) = (run.labelNames.count, 4, layer.filters.count)
            let weights = run.weights[index].array
            var channelsFirst = [Float](repeating: 0, count: weights.count)
            for label in 0..<labels {
                for position in 0..<positions {
                    for filter in 0..<filters {
                        channelsFirst[(label * filters + filter) * positions + position] = weights[(label * positions + position) * filters + filter]
                    }
                }
            }
            heads.add("head.\(layer.layer).weight", Tensor([labels, filters * positions], channelsFirst))
        }
        try means.write(to: path + "/results/label-means.safetensors")
        try heads.write(to: path + "/checkpoints/heads.safetensors")
    }

    @Test func everythingComesBackFromTheRunDirectory() throws {
        let run = try SampleRun(layerCount: 3, filters: 18)
        let directory = try TemporaryDirectory()
        try write(run, to: directory.path)
        let input = try ReportInput.load(from: RunDirectory.open(path: directory.path))
        #expect(input.summary == run.input.summary)
        #expect(input.metrics == run.input.metrics)
        #expect(input.examples == run.input.examples)
        #expect(input.setting.description == "A trial.")
        #expect(input.setting.seed == 7 && input.setting.batchSize == 100 && input.setting.trainingSteps == 3000)
        #expect(input.recipe.contains(.init(name: "training.flip", value: "true")))
        #expect(input.recipe.contains(.init(name: "training.learningRate", value: "0.028")))
        #expect(input.recipe.contains(.init(name: "seed", value: "7")))
        #expect(input.phases == [.init(name: "training", seconds: 90)])
        #expect(input.workers == [.init(name: "worker-1", host: "anna", threads: 2, unitsDone: 42)])
        #expect(try ReportDocument.html(input).contains("Single filters up close"))
    }

    @Test func headsOfAnotherShapeAreNamed() throws {
        let run = try SampleRun(layerCount: 3, filters: 6)
        let directory = try TemporaryDirectory()
        try write(run, to: directory.path)
        var heads = SafetensorsWriter()
        for layer in run.layers { heads.add("head.\(layer.layer).weight", Tensor([10, 6])) }
        try heads.write(to: directory.file("checkpoints/heads.safetensors"))
        let opened = try RunDirectory.open(path: directory.path)
        do {
            _ = try ReportInput.load(from: opened)
            Issue.record("heads of another shape were taken")
        } catch {
            #expect(error.description.contains("head.conv1.weight") && error.description.contains("[10, 6]"))
        }
    }
}

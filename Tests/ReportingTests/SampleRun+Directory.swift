import Diagnostics
import Foundation
import Mechanism
import Reporting
import RunStore
import Tensors

extension SampleRun {
    /// Writes what the coordinator leaves in a run directory.
    /// - Parameter summary: in place of the run's own; its layers' names are those of the files' tensors.
    func write(to path: String, summary: RunSummary? = nil) throws {
        let summary = summary ?? input.summary
        for folder in ["results", "checkpoints"] {
            try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
        }
        try ResultFiles(runDirectory: path).write(summary: summary, layers: layers, metrics: input.metrics)
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
        var meanFile = SafetensorsWriter()
        var headFile = SafetensorsWriter()
        for (index, layer) in layers.enumerated() {
            meanFile.add("label_means.\(summary.layers[index].layer)", means[index])
            let (labels, positions, filters) = (labelNames.count, 4, layer.filters.count)
            let stored = weights[index].array
            var channelsFirst = [Float](repeating: 0, count: stored.count)
            for label in 0..<labels {
                for position in 0..<positions {
                    for filter in 0..<filters {
                        channelsFirst[(label * filters + filter) * positions + position] = stored[(label * positions + position) * filters + filter]
                    }
                }
            }
            headFile.add("head.\(summary.layers[index].layer).weight", Tensor([labels, filters * positions], channelsFirst))
        }
        try meanFile.write(to: path + "/results/label-means.safetensors")
        try headFile.write(to: path + "/checkpoints/heads.safetensors")
    }
}

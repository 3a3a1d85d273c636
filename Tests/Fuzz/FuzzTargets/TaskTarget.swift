import Datasets
import Diagnostics
import Foundation
import Networks

extension FuzzTarget {
    /// The task of a welcome, as far as it becomes a network, its heads and its preprocessing.
    static let task = FuzzTarget("task", isJSON: true, words: [
        "\"model\":{", "\"name\":\"vgg11\"", "\"name\":\"vgg16\"", "\"name\":\"efficientnet-b0\"", "\"width\":", "\"classifier\":\"mlp\"", "\"channels\":[",
        "\"inputSize\":", "\"inputChannels\":", "\"labels\":", "\"dropout\":", "\"preprocessing\":{", "\"encoding\":{", "\"outputSize\":", "\"augmentation\":{",
        "\"crop\":{", "\"colour\":{", "\"mixing\":{", "\"headPool\":", "\"headLayers\":[", "9223372036854775807", "4611686018427387904", "-1", "1e308", "null",
    ], seeds: taskSeeds) { input in
        guard let task = try? JSONDecoder().decode(Task.self, from: input) else { return .refused }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        if let text = try? encoder.encode(task) {
            try require(try JSONDecoder().decode(Task.self, from: text) == task, "written out, another task")
        }
        let network = try taken(input) { () throws(Problem) in try Network(task.model) }
        guard let network else { return .refused }
        try require(network.parameterLayout.totalCount >= 0, "a network of less than nothing")
        let heads = try taken(input) { () throws(Problem) in try HeadSet(network, labels: task.labels, headPool: task.headPool, layers: task.headLayers) }
        guard heads != nil else { return .refused }
        // Every preprocessing that is taken must be able to work.
        let encoding = task.preprocessing.encoding
        guard task.preprocessing.outputSize <= 256, encoding.height <= 256, encoding.width <= 256 else { return .taken }
        let sample = try encoding.fixedByteCount.map { Data(repeating: 9, count: $0) } ?? JPEGSeeds.small()
        try PreparationChecks.check(sample, task.preprocessing, input: input, seed: 1)
        return .taken
    }

    /// The fields of the runtime's own.
    private struct Task: Codable, Hashable {
        var model: ModelSpecification
        var preprocessing: Preprocessing
        var labels: Int
        var headPool: Int?
        var headLayers: [String]?
    }

    private static func taskSeeds() throws -> [Seed] {
        func seed(_ name: String, _ task: Task) throws -> Seed {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return Seed(name, try encoder.encode(task))
        }
        let pixels = try Preprocessing(
            encoding: SampleEncoding(.uint8HWC, height: 28, width: 28, channels: 1), outputSize: 32,
            normalization: .symmetric(channels: 1), augmentation: .standard)
        let photographs = try Preprocessing(
            encoding: .jpeg, outputSize: 64, normalization: .imagenet(channels: 3), augmentation: .photographs,
            resizing: .photographs(size: 64, interpolation: .bicubic), damaged: .skip)
        return [
            try seed("vgg", Task(model: ModelSpecification(name: "vgg11", width: 4, inputChannels: 1, labels: 10), preprocessing: pixels, labels: 10)),
            try seed("efficientnet", Task(
                model: ModelSpecification(name: "efficientnet-b0", inputSize: 64, inputChannels: 3, labels: 5), preprocessing: photographs,
                labels: 5, headPool: 2, headLayers: ["stage1", "head"])),
        ]
    }
}

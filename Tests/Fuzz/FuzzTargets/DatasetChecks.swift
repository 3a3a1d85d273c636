import Datasets
import Diagnostics
import Foundation

/// What holds of every data set that could be opened.
enum DatasetChecks {
    static func check(_ dataset: ImageDataset, _ name: SplitName, input: Data) throws {
        let split = dataset.split(name)
        try require(split.count > 0 && dataset.labelCount > 0, "an empty data set")
        try require(split.labels.allSatisfy { $0 >= 0 && Int($0) < dataset.labelCount }, "a label outside 0 ..< \(dataset.labelCount)")
        try require(split.facts == dataset.split(name).facts, "other facts the second time")
        for index in [0, split.count / 2, split.count - 1] {
            guard let sample = try taken(input, { () throws(Problem) in try split.sample(index) }) else { continue }
            if let bytes = split.encoding.fixedByteCount { try require(sample.count == bytes, "a sample of \(sample.count) bytes") }
            try require(sample.count == split.byteCount(of: index), "sample \(index) has \(sample.count) bytes")
            try PreparationChecks.check(sample, dataset.preprocessing, input: input, seed: UInt64(input.count))
        }
    }
}

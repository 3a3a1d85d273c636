import Datasets
import Messages

extension ImageDataset {
    /// What workers with a copy compare it with.
    var summary: DataSummary {
        DataSummary(
            dataset: specification.description,
            splits: [SplitName.train, .test].map { SplitFacts(split: $0.rawValue, facts: split($0).facts) })
    }
}

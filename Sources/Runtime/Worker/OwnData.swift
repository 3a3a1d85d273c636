import Datasets
import Diagnostics
import Foundation
import Messages

/// A worker's copy of the data set, `worker --data`: opened and compared with the coordinator's, split by split.
struct OwnData: Sendable {
    /// The splits that are the coordinator's, by name.
    var splits: [String: Split] = [:]
    /// Why others are not used.
    var complaints: [[String: String]] = []

    private var facts: [SplitFacts] = []

    /// What the coordinator is told.
    var declaration: DataDeclaration { DataDeclaration(splits: facts.filter { splits[$0.split] != nil }) }

    /// Nothing is thrown: a worker without its data is fed.
    /// - Parameters:
    ///   - data: a specification, or a path at which the coordinator's data set lies here.
    ///   - summary: the coordinator's; nil where it names none.
    init(_ data: String, as summary: DataSummary?) {
        guard let summary else {
            complaints = [["data": data, "cause": "the coordinator names no data set to compare with"]]
            return
        }
        do throws(Problem) {
            let dataset = try openDataset(try Self.specification(data, as: summary.dataset))
            for theirs in summary.splits {
                guard let name = SplitName(rawValue: theirs.split) else { continue }
                let split = dataset.split(name)
                let ours = SplitFacts(split: theirs.split, facts: split.facts)
                let differences = ours.differences(from: theirs)
                if differences.isEmpty {
                    splits[theirs.split] = split
                    facts.append(ours)
                } else {
                    complaints.append(["data": data, "split": theirs.split, "differs": Self.text(differences, ours, theirs)])
                }
            }
        } catch {
            complaints = [["data": data, "cause": error.description]]
        }
    }

    /// A specification as it stands; of a path, the coordinator's with that path.
    static func specification(_ data: String, as dataset: String) throws(Problem) -> DatasetSpecification {
        if let own = try? DatasetSpecification(data) { return own }
        var specification = try DatasetSpecification(dataset)
        specification.path = data
        return specification
    }

    /// What differs; numbers and words with both values, digests by name.
    private static func text(_ names: [String], _ ours: SplitFacts, _ theirs: SplitFacts) -> String {
        names.map { name in
            guard name == "samples" || name == "encoding" else { return name }
            return "\(name) (\(ours.facts[name] ?? "none") here, \(theirs.facts[name] ?? "none") at the coordinator)"
        }.joined(separator: ", ")
    }
}

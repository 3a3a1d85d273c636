import Diagnostics
import Foundation
import Kernels
import RunStore
import Tensors

/// Where the retraining of one pruned network stands, so that a run that was stopped in the middle of it goes on from there. It
/// stands beside the run's own checkpoints, which hold the whole network; there is one at a time, of the network in hand.
struct RetrainingCheckpoint {
    private static let file = "checkpoints/retraining.safetensors"
    private static let journalKey = "retraining_sha256"

    let directory: RunDirectory
    let journal: Journal
    /// All that decides the retraining's bits: a checkpoint of anything else is none of this network's.
    private let identity: [String: String]

    /// - Parameters:
    ///   - variant: method and threshold.
    ///   - settings: of the recipe, as text.
    ///   - whole: the digest of the network before pruning.
    init(directory: RunDirectory, journal: Journal, variant: String, settings: String, whole: Digest) {
        self.directory = directory
        self.journal = journal
        identity = [
            "variant": variant, "settings_sha256": Digest.sha256(of: Data(settings.utf8)).hexadecimal,
            "network_sha256": whole.hexadecimal, "fingerprint": kernelFingerprint,
        ]
    }

    func save(_ state: TrainingState) throws(Problem) {
        var writer = SafetensorsWriter(metadata: identity.merging(["step": String(state.position.step)]) { $1 })
        for (prefix, vector) in state.networkVectors { writer.add(vector, prefix: prefix + "/") }
        let digest = try writer.write(to: directory.file(Self.file))
        // The file before is gone: a loss of power must not take the record of this one.
        try journal.lastingTransaction { () throws(Problem) in try journal.setValue(digest.hexadecimal, for: Self.journalKey) }
    }

    /// Puts the state where the checkpoint stands.
    /// - Returns: false, the state untouched, where there is none of this network.
    /// - Throws: a `Problem`, the state untouched, where there is one that cannot be used.
    func restore(_ state: TrainingState) throws(Problem) -> Bool {
        let path = directory.file(Self.file)
        guard FileManager.default.fileExists(atPath: path) else { return false }
        guard try Digest.sha256(ofFile: path).hexadecimal == journal.value(for: Self.journalKey) else {
            throw Problem("its bytes are not the ones that were recorded", at: path, remedy: "the retraining begins again")
        }
        let file = try SafetensorsFile(path: path)
        guard identity.allSatisfy({ file.metadata[$0] == $1 }), let step = file.metadata["step"].flatMap({ Int($0) }), step >= 0 else {
            return false
        }
        var read: [(from: ParameterVector, to: ParameterVector)] = []
        for (prefix, vector) in state.networkVectors {
            let copy = ParameterVector(vector.layout)
            for entry in vector.layout.entries {
                let found = try file.entry("\(prefix)/\(entry.name)")
                guard found.shape == entry.shape else {
                    throw Problem("tensor \"\(found.name)\" has shape \(found.shape), not \(entry.shape)", at: path)
                }
                try file.read(found.name, into: copy.buffer(entry))
            }
            read.append((copy, vector))
        }
        for (from, to) in read { to.rewrite { $0.copy(from: from.buffer) } }
        state.position = TrainingState.Position(phase: .prune, step: step)
        return true
    }

    /// Once every network is done.
    static func remove(from directory: RunDirectory) { unlink(directory.file(file)) }
}

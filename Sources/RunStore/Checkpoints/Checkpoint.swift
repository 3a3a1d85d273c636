import Diagnostics
import Tensors

/// Where a run stood, and what its numbers depend on.
public struct Checkpoint: Hashable, Sendable {
    public var phase: String
    /// The step that comes next.
    public var step: Int
    public var epoch: Int
    /// Of the recipe as run: a checkpoint goes on only under the recipe that made it.
    public var recipeDigest: Digest
    /// The kernels that computed it.
    public var fingerprint: String

    public init(phase: String, step: Int, epoch: Int, recipeDigest: Digest, fingerprint: String) {
        self.phase = phase
        self.step = step
        self.epoch = epoch
        self.recipeDigest = recipeDigest
        self.fingerprint = fingerprint
    }

    var metadata: [String: String] {
        [
            "phase": phase, "step": String(step), "epoch": String(epoch), "recipe_sha256": recipeDigest.hexadecimal,
            "fingerprint": fingerprint,
        ]
    }

    /// Where its file lies in a run's directory.
    var path: String {
        let digits = String(step)
        return "checkpoints/\(phase)-\(String(repeating: "0", count: max(0, 8 - digits.count)) + digits).safetensors"
    }

    /// Writes its file, tensors named `<prefix>/<tensor>`, beside others of the run: whole, or not at all. It counts when it is recorded
    /// (`CheckpointStore.record`). Any thread may write.
    /// - Returns: the file's digest.
    public func write(_ vectors: [(prefix: String, vector: ParameterVector)], in directory: RunDirectory) throws(Problem) -> Digest {
        var writer = SafetensorsWriter(metadata: metadata)
        for (prefix, vector) in vectors { writer.add(vector, prefix: prefix + "/") }
        return try writer.write(to: directory.file(path))
    }

    init(metadata: [String: String], path: String) throws(Problem) {
        guard let phase = metadata["phase"], let step = metadata["step"].flatMap({ Int($0) }), step >= 0,
            let epoch = metadata["epoch"].flatMap({ Int($0) }), epoch >= 0, let fingerprint = metadata["fingerprint"],
            let digest = metadata["recipe_sha256"].flatMap(Digest.init(hexadecimal:))
        else { throw Problem("does not say which step of which run it is", at: path, remedy: "use a checkpoint that this run wrote") }
        self.init(phase: phase, step: step, epoch: epoch, recipeDigest: digest, fingerprint: fingerprint)
    }
}

/// A checkpoint on disk whose bytes are the ones that were written.
public struct StoredCheckpoint: Sendable {
    public let row: CheckpointRow
    public let checkpoint: Checkpoint
    public let file: SafetensorsFile

    /// Does it hold a vector of this name?
    public func contains(_ name: String) -> Bool { file.entries.contains { $0.name.hasPrefix(name + "/") } }

    /// Refuses a checkpoint with tensors under any other name, which another optimizer has left.
    public func requireNames(_ names: [String]) throws(Problem) {
        for entry in file.entries where !names.contains(where: { entry.name.hasPrefix($0 + "/") }) {
            throw Problem(
                "tensor \"\(entry.name)\" has no place in this run", at: file.path,
                remedy: "go on with the recipe that the run was started with")
        }
    }

    /// Fills a vector from the tensors that were saved under its name; both must have the same tensors.
    public func read(_ name: String, into vector: ParameterVector) throws(Problem) {
        let prefix = name + "/"
        let stored = Set(file.entries.lazy.map(\.name).filter { $0.hasPrefix(prefix) })
        for entry in vector.layout.entries {
            let found = try file.entry(prefix + entry.name)
            guard found.shape == entry.shape else {
                throw Problem(
                    "tensor \"\(found.name)\" has shape \(found.shape), and the run needs \(entry.shape)", at: file.path,
                    remedy: "go on with the recipe that the run was started with")
            }
            try file.read(found.name, into: vector.buffer(entry))
        }
        if stored.count != vector.layout.entries.count {
            let wanted = Set(vector.layout.entries.map { prefix + $0.name })
            throw Problem(
                "tensor \"\(stored.subtracting(wanted).sorted().first ?? name)\" has no place in this run", at: file.path,
                remedy: "go on with the recipe that the run was started with")
        }
    }
}

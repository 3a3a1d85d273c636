import Foundation
import RunStore
import TestSupport
import Testing

/// A run with something in every table, and a small sweep: made once, for all tests that only read.
final class FinishedRun: Sendable {
    /// The run's directory, and the sweep's.
    let path: String
    let sweepPath: String

    static func get() throws -> FinishedRun { try made.get() }

    private let folders: [TemporaryDirectory]
    private static let made = Result {
        let run = try FinishedRun()
        // What stands for all tests has no other end than theirs.
        atexit { if let run = try? FinishedRun.get() { for folder in run.folders { try? FileManager.default.removeItem(atPath: folder.path) } } }
        return run
    }

    /// Pruned, at several thresholds, and with a worker that was killed in the middle.
    private init() throws {
        let trial = try Trial {
            $0["training"] = ["epochs": 4, "translation": 2, "evaluateEvery": 1]
            $0["heads"] = ["epochs": 1, "augment": false, "headPool": 4]
            $0["analysis"] = ["thresholds": [0.1, 0.5]]
            $0["prune"] = ["classifier": true, "firstConvolution": 6, "epochs": 1]
        }
        let process = try trial.run()
        try trial.waitForStep(5, process)
        let victim = try #require(try trial.journal().workers().first)
        kill(pid_t(victim.pid), SIGKILL)
        try trial.expectSuccess(try process.wait(timeout: 300))

        let sweep = try Trial {
            $0["name"] = "sweep-trial"
            $0["dataset"] = "fashion-mnist?train=400&test=100"
            $0["training"] = ["epochs": 1, "translation": 2]
            $0["heads"] = ["epochs": 1, "augment": false]
            $0["sweep"] = ["labels": [2, 3, 5], "seeds": 2, "seedsUpTo": 3, "resamples": 100]
        }
        try sweep.expectSuccess(try sweep.start(["sweep", sweep.recipePath, "--run", sweep.runPath, "--workers", "2"]).wait(timeout: 300))
        (path, sweepPath) = (trial.runPath, sweep.runPath)
        folders = [trial.temporary, sweep.temporary]
    }

    /// A JSON file of `results/`.
    func result(_ name: String) throws -> [String: Any] {
        try #require(try Self.json(path + "/results/" + name))
    }

    static func json(_ path: String) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any]
    }
}

extension Trial {
    /// The repository's own files, read where they lie.
    static func repository(_ path: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../" + path).standardized.path
    }
}

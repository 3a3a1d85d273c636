import Foundation
import TestSupport
import Testing

/// The programs of Tests/Interop, which speak the protocol in Python. They need python3-zmq, python3-numpy and python3-jsonschema,
/// which `Scripts/setup --tests` installs; without them tests fail.
enum PythonPeer {
    static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter name: `worker.py`, say.
    static func start(_ name: String, _ arguments: [String]) throws -> RunningProcess {
        let script = sources.appendingPathComponent("Tests/Interop/\(name)").path
        // Debian's own, for which the packages are; no compiled files beside the sources.
        return try RunningProcess("/usr/bin/python3", [script] + arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    }

    static func worker(_ name: String, at endpoint: String, _ more: String...) throws -> RunningProcess {
        try start("worker.py", ["--connect", endpoint, "--name", name, "--give-up", "30"] + more)
    }

    /// The same, started again whenever it dies, until it ends in order or a file of that name is there.
    static func undyingWorker(_ name: String, at endpoint: String, until stop: String, _ more: String...) throws -> RunningProcess {
        let script = sources.appendingPathComponent("Tests/Interop/worker.py").path
        return try RunningProcess(
            "/bin/sh",
            ["-c", "until \"$@\" || [ -e \"$STOP\" ]; do :; done", "sh", "/usr/bin/python3", script, "--connect", endpoint, "--name", name,
             "--give-up", "3"] + more,
            environment: ["PYTHONDONTWRITEBYTECODE": "1", "STOP": stop])
    }

    /// Whatever a program printed, one JSON object a line.
    static func objects(_ text: some StringProtocol) -> [[String: Any]] {
        text.split(separator: "\n").compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] }
    }
}

/// A run of the linear network, which the Python worker can compute.
extension Trial {
    /// Softmax regression at a rate at which it goes straight down.
    static func linear(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> Trial {
        try Trial { recipe in
            recipe["name"] = "linear-trial"
            recipe["dataset"] = "fashion-mnist?train=2000&test=1000"
            recipe["model"] = ["name": "linear"]
            recipe["training"] = [
                "epochs": 5, "learningRate": 0.0005, "momentum": 0.9, "translation": 2, "labelSmoothing": 0.1, "evaluateEvery": 2,
            ]
            change(&recipe)
        }
    }

    func summary() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: runPath + "/results/summary.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// What a worker of the name has done, in all its incarnations.
    func unitsDone(by name: String) throws -> Int {
        try journal().workers().filter { $0.name == name }.reduce(0) { $0 + $1.units }
    }
}

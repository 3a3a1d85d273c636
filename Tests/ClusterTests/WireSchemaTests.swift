import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Everything that real runs say is what the schemas and the specification's codec allow.
    @Suite struct WireSchemaTests {
        /// A training with heads, survey, filters and pruning, through a proxy in Python that validates every header: workers that are fed
        /// through memory in common, that are fed in frames, that read a copy of their own, and one whose copy is damaged; an observer,
        /// and a worker that is refused.
        @Test func everyMessageOfARealRunIsAsTheSchemasSay() throws {
            let data = try pictures()
            let trial = try Trial { recipe in
                recipe["dataset"] = "folder:\(data.file("pictures"))?size=32"
                recipe["training"] = ["epochs": 6, "batchSize": 60, "shardSize": 15, "evaluateEvery": 1, "mixup": 0.2]
                recipe["heads"] = ["epochs": 1, "augment": true]
                recipe["analysis"] = ["thresholds": [0.5], "surveyShard": 5]
                recipe["prune"] = ["classifier": true, "epochs": 1, "baselines": false]
                recipe["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 8, "unitAttempts": 50, "minimumWorkers": 4]
            }
            let (coordinator, endpoint) = try trial.coordinator()
            let (proxy, front, report) = try proxy(to: endpoint, trial)
            func worker(_ name: String, _ more: [String] = [], environment: [String: String] = [:]) throws -> RunningProcess {
                try trial.start(["worker", "--connect", front, "--name", name, "--threads", "1"] + more, environment: environment)
            }
            let observer = try PythonPeer.start("observer.py", ["--connect", front, "--every", "0.05"])
            let refused = try PythonPeer.worker("pythia", at: front).wait(timeout: 60)
            #expect(refused.status == 1, "\(refused.stderr)")
            let workers = try [
                worker("neighbour"), worker("distant", environment: Trial.throughTheSocket),
                worker("own", ["--data", data.file("copy")]), worker("damaged", ["--data", data.file("damaged")]),
            ]
            try trial.expectSuccess(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 30).status == 0, "\(worker.stderr)") }
            #expect(try observer.wait(timeout: 30).status == 0, "\(observer.stderr)")
            proxy.signal(SIGTERM)
            #expect(try proxy.wait(timeout: 30).status == 0, "\(proxy.stderr)")

            let found = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report))) as? [String: Any])
            let violations = found["violations"] as? [[String: Any]] ?? []
            #expect(violations.isEmpty, "\(violations.prefix(5).map { "\($0["kind"] ?? "") \($0["what"] ?? "") \($0["header"] ?? "")" })")
            let counts = found["counts"] as? [String: Int] ?? [:]
            // `cancel` stands in the protocol, and no coordinator of this version sends it.
            #expect(Set(counts.keys) == [
                "hello", "welcome", "refused", "goodbye", "heartbeat", "ended", "unit", "result", "failure", "samples", "data", "parameters",
                "log", "acknowledgement", "status-request", "status", "logs-request", "logs",
            ], "\(counts)")
            let forms = Set((found["forms"] as? [String: Int] ?? [:]).keys)
            #expect(forms.isSuperset(of: [
                "unit: train", "unit: train with samples", "unit: heads", "unit: survey", "unit: survey with samples", "unit: filters",
                "samples: train", "samples: train with samples", "refused: fingerprint", "parameters: in memory", "parameters: in frames",
                "result: in memory", "result: in frames", "acknowledgement: of heartbeat", "acknowledgement: of log", "acknowledgement: of result",
            ]), "\(forms.sorted())")
        }

        /// The codec in Python reads what the one in Swift writes, and writes the same bytes.
        @Test func theSecondImplementationHasTheSameBytes() throws {
            let folder = PythonPeer.sources.appendingPathComponent("Protocols/recorded").path
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".frames") }.map { "\(folder)/\($0)" }
            let outcome = try PythonPeer.start("wire.py", files).wait(timeout: 30)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            #expect(outcome.stdoutText.split(separator: "\n").count == files.count && files.count > 20)
        }

        private func proxy(to endpoint: String, _ trial: Trial) throws -> (process: RunningProcess, front: String, report: String) {
            let report = trial.temporary.file("wire.json")
            let schemas = PythonPeer.sources.appendingPathComponent("Protocols/schemas").path
            let process = try PythonPeer.start("proxy.py", ["--connect", endpoint, "--schemas", schemas, "--report", report])
            var front: String?
            try waitUntil("the proxy says where it listens") {
                guard process.isRunning else { throw Disturbed("the proxy ended", process) }
                front = String(decoding: process.stdout, as: UTF8.self).split(separator: "\n").first.map(String.init)
                return front != nil
            }
            return (process, try #require(front), report)
        }

        /// Three labels of 30 training and 10 validation images; a copy of them; and a copy whose files of one label are damaged inside,
        /// which nobody sees before they are decoded.
        private func pictures() throws -> TemporaryDirectory {
            let directory = try TemporaryDirectory("wire")
            for (split, count) in [("train", 30), ("val", 10)] {
                for label in 0..<3 {
                    let folder = directory.file("pictures/\(split)/label \(label)")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    for number in 0..<count {
                        let file = try JPEGFile.make(width: 40 + number, height: 60 - number, seed: 7 * label + number % 3)
                        try file.write(to: URL(fileURLWithPath: "\(folder)/\(number).jpg"))
                    }
                }
            }
            for name in ["copy", "damaged"] { try FileManager.default.copyItem(atPath: directory.file("pictures"), toPath: directory.file(name)) }
            for number in 0..<30 {
                let path = URL(fileURLWithPath: directory.file("damaged/train/label 2/\(number).jpg"))
                try JPEGFile.damaged(try Data(contentsOf: path)).write(to: path)
            }
            return directory
        }
    }
}

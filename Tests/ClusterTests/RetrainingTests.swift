import Foundation
import RunStore
import Tensors
import TestSupport
import Testing

extension ClusterTests {
    /// Retraining under a mask that is stopped in its middle, and what becomes of the pruned networks without their empty channels.
    @Suite struct RetrainingTests {
        private func trial() throws -> Trial {
            try Trial {
                $0["training"] = ["epochs": 1, "translation": 2]
                $0["heads"] = ["epochs": 1, "augment": false]
                $0["prune"] = ["classifier": true, "firstConvolution": 6, "epochs": 4]
            }
        }

        /// An undisturbed run by one worker with one thread.
        private struct Reference: Sendable {
            let rows: [PruningRow]
            let metrics: [String: [MetricRow]]
            let document: Data
            let table: String
        }

        private static let names = ["loss.afcc-0.3", "loss.random-0.3", "accuracy.magnitude-0.3"]

        private static let reference = Result {
            let trial = try RetrainingTests().trial()
            try trial.expectSuccess(try trial.run(workers: 1).wait())
            let journal = try trial.journal()
            var metrics: [String: [MetricRow]] = [:]
            for name in names { metrics[name] = try journal.metrics(phase: "prune", name: name) }
            return Reference(
                rows: try journal.prunings(), metrics: metrics,
                document: try Data(contentsOf: URL(fileURLWithPath: trial.runPath + "/results/prune.json")),
                table: try String(contentsOfFile: trial.runPath + "/results/prune.csv", encoding: .utf8))
        }

        private var checkpoint: String { "checkpoints/retraining.safetensors" }

        private func stepsRetrained(_ trial: Trial, _ network: String) -> Int {
            guard let journal = try? trial.journal(), let rows = try? journal.metrics(phase: "prune", name: "loss.\(network)") else { return 0 }
            return rows.last.map { $0.step + 1 } ?? 0
        }

        /// Stops a run in a network's retraining, the second one's unless said otherwise.
        private func stopped(by signal: Int32, in network: String = "random-0.3") throws -> Trial {
            let trial = try trial()
            let run = try trial.run()
            try waitUntil("\(network) has been retrained for 7 steps") {
                guard run.isRunning else { throw Disturbed("ended before it was pruned", run) }
                return stepsRetrained(trial, network) >= 7
            }
            run.signal(signal)
            let outcome = try run.wait(timeout: 60)
            #expect(outcome.status == (signal == SIGINT ? 130 : 128 + signal), "\(outcome.stderr)")
            #expect(try trial.journal().prunings().map(\.method) == (network == "afcc-0.3" ? [] : ["afcc"]))
            #expect(FileManager.default.fileExists(atPath: trial.runPath + "/" + checkpoint))
            return trial
        }

        private func expectReference(_ trial: Trial, _ arguments: [String]) throws {
            let reference = try Self.reference.get()
            try trial.expectSuccess(try trial.start(arguments).wait())
            #expect(try trial.journal().prunings() == reference.rows)
            #expect(!FileManager.default.fileExists(atPath: trial.runPath + "/" + checkpoint))
            // Figures of every step are there once, whatever was taken twice.
            for (name, rows) in reference.metrics {
                #expect(rows.count == 40)
                #expect(try trial.journal().metrics(phase: "prune", name: name) == rows, "\(name)")
            }
        }

        private func resume(_ trial: Trial, workers: Int) -> [String] {
            ["run", trial.recipePath, "--workers", "\(workers)", "--threads", "1", "--run", trial.runPath, "--resume"]
        }

        @Test func ctrlCGoesOnFromTheStepItStoodAt() throws {
            let trial = try stopped(by: SIGINT)
            let steps = stepsRetrained(trial, "random-0.3")
            #expect(steps >= 7 && steps < 40)
            try expectReference(trial, resume(trial, workers: 1))
            let records = try trial.log().map(\.record).filter { $0.message == "retraining goes on" }
            #expect(records.map { $0.fields["step"] } == ["\(steps)"] && records.first?.fields["pruned"] == "random-0.3")
        }

        /// The checkpoint is that of every fifth step, and `prune` takes it too.
        @Test func aKilledRetrainingGoesOnFromItsCheckpoint() throws {
            let trial = try stopped(by: SIGKILL)
            try expectReference(trial, ["prune", "--run", trial.runPath, "--workers", "2", "--threads", "1"])
            let steps = try trial.log().map(\.record).filter { $0.message == "retraining goes on" }.compactMap { Int($0.fields["step"] ?? "") }
            #expect(steps.count == 1 && steps[0] >= 5 && steps[0] % 5 == 0)
        }

        @Test func aDamagedCheckpointIsNotUsed() throws {
            let trial = try stopped(by: SIGINT)
            let path = trial.runPath + "/" + checkpoint
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: URL(fileURLWithPath: path))
            try expectReference(trial, resume(trial, workers: 2))
            let log = try trial.log().map(\.record)
            #expect(log.contains { $0.level == .warning && $0.message == "retraining begins again" && $0.fields["cause"]?.contains(checkpoint) == true })
            #expect(!log.contains { $0.message == "retraining goes on" })
        }

        /// Other settings: nothing of what was begun is taken over.
        @Test func otherSettingsBeginAgain() throws {
            let trial = try stopped(by: SIGINT, in: "afcc-0.3")
            try trial.expectSuccess(try trial.start(["prune", "--run", trial.runPath, "--epochs", "1", "--no-baselines"]).wait())
            #expect(try trial.journal().prunings().map(\.method) == ["afcc"])
            #expect(try trial.journal().metrics(phase: "prune", name: "loss.afcc-0.3").count == 10)
            #expect(try !trial.log().contains { $0.record.message == "retraining goes on" })
        }

        /// Each network's file stands beside a `compact` that counts fewer multiply-adds, where its mask empties channels.
        @Test func compactExecutionIsMeasured() throws {
            let reference = try Self.reference.get()
            let document = try #require(try JSONSerialization.jsonObject(with: reference.document) as? [String: Any])
            let dense = try #require((document["multiply_adds"] as? NSNumber)?.intValue)
            let variants = try #require(document["variants"] as? [[String: Any]])
            #expect(variants.count == reference.rows.count)
            var measured = 0
            for variant in variants {
                guard let compact = variant["compact"] as? [String: Any] else { continue }
                measured += 1
                let channels = try #require(compact["channels_kept"] as? [String: Int])
                #expect(channels.count == 8 && channels.values.allSatisfy { (1...32).contains($0) })
                #expect(try #require((compact["multiply_adds"] as? NSNumber)?.intValue) < dense)
                for rate in ["images_per_second", "images_per_second_dense"] {
                    #expect(try #require((compact[rate] as? NSNumber)?.doubleValue) > 0)
                }
            }
            let lines = reference.table.split(separator: "\n")
            #expect(lines.count == reference.rows.count + 1 && lines[0].hasSuffix("compact_multiply_adds,compact_images_per_second,dense_images_per_second"))
            #expect(lines.dropFirst().count { !$0.hasSuffix(",,,") } == measured)
        }
    }
}

import Foundation
import Tensors
import TestSupport
import Testing

extension ClusterTests {
    /// A worker and an observer in Python, written from the specification, in real runs beside workers in Swift.
    @Suite struct InteropTests {
        /// Both workers have computed, and the run's result is that of the Swift worker alone but for rounding.
        @Test func thePythonWorkerFinishesARunWithASwiftWorker() throws {
            let alone = try Trial.linear()
            try alone.expectSuccess(try alone.run(workers: 1).wait())

            let trial = try Trial.linear { $0["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 8, "minimumWorkers": 2, "lateFactor": 0] }
            let (coordinator, endpoint) = try trial.coordinator("--mixed")
            let observer = try PythonPeer.start("observer.py", ["--connect", endpoint, "--every", "0.02"])
            let anna = try trial.worker("anna", at: endpoint)
            let pythia = try PythonPeer.worker("pythia", at: endpoint)
            try trial.expectSuccess(try coordinator.wait())
            #expect(try anna.wait(timeout: 20).status == 0, "\(anna.stderr)")
            let outcome = try pythia.wait(timeout: 20)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            for name in ["anna", "pythia"] { #expect(try trial.unitsDone(by: name) > 10, "\(name)") }

            try expectClose(trial, alone)
            try expectMarked(trial)
            try expectFollowed(observer, trial)
            let own = try alone.summary()
            #expect(own["bit_reproducible"] as? Bool == true && own["other_kernels"] as? [String] == [])
        }

        /// The loss is convex and the rate below 2 over its curvature, so that rounding errors do not grow from step to step. A gradient is a sum
        /// of 100 products for each weight and a logit one of 1,024, so either program's relative error is some
        /// √1,024 · 2⁻²⁴ = 2e-6 a step; over 100 steps, with momentum 0.9 behind them, 1e-4 of the weights' length is far more than
        /// rounding can do. A move drawn otherwise, a shard left out or a wrong scale makes 1e-2 and more.
        private func expectClose(_ trial: Trial, _ alone: Trial) throws {
            let files = try [trial, alone].map { try SafetensorsFile(path: $0.runPath + "/checkpoints/network.safetensors") }
            for name in ["classifier.weight", "classifier.bias"] {
                let (mixed, pure) = (try files[0].floats(name).array, try files[1].floats(name).array)
                #expect(mixed.count == pure.count)
                let difference = zip(mixed, pure).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
                let length = pure.reduce(0.0) { $0 + Double($1) * Double($1) }
                #expect((difference / length).squareRoot() < 1e-4, "\(name): \((difference / length).squareRoot())")
                // The same bits would mean that one of them had computed nothing.
                #expect(mixed != pure)
            }
            let accuracies = try [trial, alone].map { try #require(try $0.summary()["test_accuracy"] as? Double) }
            #expect(accuracies[1] > 0.6, "it has learned something")
            // Two of the 1,000 test images may lie between two labels.
            #expect(abs(accuracies[0] - accuracies[1]) < 0.0025, "\(accuracies)")
        }

        /// Wherever a run says what it is, it says that its bits cannot be had again.
        private func expectMarked(_ trial: Trial) throws {
            let summary = try trial.summary()
            #expect(summary["bit_reproducible"] as? Bool == false)
            let kernels = try #require(summary["other_kernels"] as? [String])
            #expect(kernels.count == 1 && kernels[0].hasPrefix("numpy-"))
            let values = try trial.journal().values()
            #expect(values["bit_reproducible"] == "false" && values["other_kernels"]?.contains("numpy-") == true)
            #expect(try String(contentsOfFile: trial.runPath + "/report.html", encoding: .utf8).contains("not bit-reproducible"))
            #expect(try runFilterscope(["status", "--run", trial.runPath]).stdoutText.contains("last bits are not reproducible"))
            let warnings = try trial.log().map(\.record).filter { $0.level == .warning }
            #expect(warnings.contains { $0.message.contains("not bit-reproducible") && $0.fields["fingerprint"] == kernels[0] })
        }

        /// Every record of the log, once and in order, and the status meanwhile.
        private func expectFollowed(_ observer: RunningProcess, _ trial: Trial) throws {
            let outcome = try observer.wait(timeout: 30)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let lines = PythonPeer.objects(outcome.stdoutText)
            let ids = lines.compactMap { ($0["log"] as? [String: Any])?["id"] as? Int }
            #expect(ids == (try trial.log().map(\.id).sorted()))
            let statuses = lines.compactMap { $0["status"] as? [String: Any] }
            #expect(statuses.contains { $0["phase"] as? String == "training" && ($0["step"] as? Int ?? 0) > 0 })
            let names = Set(statuses.flatMap { ($0["workers"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String } })
            #expect(names == ["anna", "pythia"])
            #expect(statuses.contains { ($0["otherKernels"] as? [String])?.first?.hasPrefix("numpy-") == true })
        }

        /// It comes in mid-training, is killed while it holds a unit, and is not missed. The run is interrupted and goes on without
        /// `--mixed`: it stays marked, and admits no other kernels any more.
        @Test func thePythonWorkerJoinsLateIsKilledAndTheMarkStays() throws {
            let trial = try Trial.linear {
                $0["training"] = ["epochs": 100, "learningRate": 0.0005, "momentum": 0.9, "translation": 2, "evaluateEvery": 0]
                $0["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 8, "unitAttempts": 50, "lateFactor": 0]
            }
            let (coordinator, endpoint) = try trial.coordinator("--mixed")
            let anna = try trial.worker("anna", at: endpoint)
            try trial.waitForStep(10, coordinator)
            anna.signal(SIGSTOP)
            // It idles in every unit, so that the run is still going when it is killed, and it holds one.
            let pythia = try PythonPeer.worker("pythia", at: endpoint, "--slow", "0.1")
            try trial.waitForWorker("pythia", coordinator)
            anna.signal(SIGCONT)
            try waitUntil("the Python worker has done units") { try trial.unitsDone(by: "pythia") >= 3 }
            pythia.signal(SIGKILL)
            try waitUntil("the Python worker is missed") {
                try trial.log().contains { $0.record.message == "worker left" && $0.record.fields["worker.name"] == "pythia" }
            }
            let step = trial.stepsTaken(in: "training")
            try trial.waitForStep(step + 20, coordinator)
            coordinator.signal(SIGINT)
            #expect(try coordinator.wait(timeout: 60).status == 130)
            _ = try anna.wait(timeout: 30)

            let (again, other) = try trial.coordinator("--resume")
            let refused = try PythonPeer.worker("pythia", at: other).wait(timeout: 60)
            #expect(refused.status == 1)
            #expect(refused.stderr.contains("(fingerprint)") && refused.stderr.contains("--mixed"), "\(refused.stderr)")
            let bert = try trial.worker("bert", at: other)
            try trial.expectSuccess(try again.wait(timeout: 240))
            #expect(try bert.wait(timeout: 20).status == 0, "\(bert.stderr)")
            try expectMarked(trial)
        }
    }
}

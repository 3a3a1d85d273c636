import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// A unit that comes to nothing whoever takes it: the run pauses, says why, and goes on when the cause is gone.
    @Suite struct SetAsideTests {
        /// Every worker that is dealt sample 7 dies of it, and is started again at once.
        @Test func aUnitThatKillsItsWorkersIsSetAsideAndTheRunGoesOnLater() throws {
            func patient(_ recipe: inout [String: Any]) {
                recipe["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 1, "unitAttempts": 4, "lateFactor": 0]
            }
            let undisturbed = try Trial.linear(patient)
            try finish(undisturbed)

            let trial = try Trial.linear(patient)
            let (coordinator, endpoint) = try trial.coordinator("--mixed")
            let workers = try ["anna", "bert"].map { try PythonPeer.undyingWorker($0, at: endpoint, until: trial.temporary.file("stop"), "--dies-of", "7") }
            let outcome = try coordinator.wait(timeout: 120)
            _ = try trial.temporary.write(Data(), to: "stop")
            for worker in workers { _ = try worker.wait(timeout: 30) }

            #expect(outcome.status == 1)
            // What it was, whose samples, what came of each attempt, and what to do.
            #expect(outcome.stderr.contains(/unit \d+ \(train.* came to nothing and is set aside/), "\(outcome.stderr)")
            #expect(outcome.stderr.contains("samples") && outcome.stderr.contains("--resume"), "\(outcome.stderr)")
            #expect(try trial.journal().condition() == .interrupted)
            let record = try #require(try trial.log().map(\.record).first { $0.message == "paused: a unit is set aside" })
            #expect(record.fields["cause"]?.contains("anna") == true || record.fields["cause"]?.contains("bert") == true)
            #expect(try runFilterscope(["status", "--run", trial.runPath]).stdoutText.contains("paused"))

            try finish(trial, "--resume")
            #expect(try trial.summary()["weights_sha256"] as? String == undisturbed.summary()["weights_sha256"] as? String)
            #expect(try trial.summary()["test_accuracy"] as? Double == undisturbed.summary()["test_accuracy"] as? Double)
        }

        /// To the end, by workers that nothing ails.
        private func finish(_ trial: Trial, _ more: String...) throws {
            let (coordinator, endpoint) = try trial.coordinator(arguments: ["--mixed"] + more)
            let workers = try ["anna", "bert"].map { try PythonPeer.worker($0, at: endpoint) }
            try trial.expectSuccess(try coordinator.wait(timeout: 120))
            for worker in workers { #expect(try worker.wait(timeout: 30).status == 0, "\(worker.stderr)") }
        }
    }
}

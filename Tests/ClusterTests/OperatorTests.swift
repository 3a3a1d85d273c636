import Foundation
import Messages
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// Pause, resume, stop and drain on real runs; none of them changes a bit.
    @Suite struct OperatorTests {
        private func command(_ trial: Trial, _ arguments: String...) throws -> ProcessOutcome {
            let outcome = try trial.start(arguments).wait(timeout: 60)
            #expect(outcome.status == 0, "\(arguments): \(outcome.stderr)")
            return outcome
        }

        private func state(_ trial: Trial) throws -> RunState {
            let stored = try #require(try trial.journal().status())
            return try JSONDecoder().decode(StatusReport.self, from: Data(stored.json.utf8)).state
        }

        /// A run over a socket in the file system is its own user's to command, by its directory.
        @Test func pauseHoldsARunAndResumeLetsItGoOn() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(2, run)
            #expect(try command(trial, "pause", "--run", trial.runPath).stdoutText.contains("no more units are dealt out"))
            try waitUntil("status says so") { try state(trial) == .paused }
            // Time for the units in hand.
            usleep(1_500_000)
            let steps = ["training", "heads"].map(trial.stepsTaken)
            usleep(1_500_000)
            #expect(["training", "heads"].map(trial.stepsTaken) == steps)
            #expect(run.isRunning)
            #expect(try command(trial, "pause", "--run", trial.runPath).stdoutText.contains("paused already"))
            #expect(try command(trial, "resume", "--run", trial.runPath).stdoutText.contains("dealt out again"))
            try trial.expectUndisturbedResults(try run.wait())
            let late = try trial.start(["pause", "--run", trial.runPath]).wait(timeout: 60)
            #expect(late.status == 1 && late.stderr.contains("no coordinator works on this run now"), "\(late.stderr)")
        }

        /// A paused run gives up on nothing: not on workers that have yet to come, and not on those that are gone.
        @Test func aPauseOutlastsTheWaitForWorkers() throws {
            let trial = try Trial {
                $0["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 4, "unitAttempts": 50, "waitForWorkersSeconds": 4]
            }
            let (coordinator, endpoint) = try trial.coordinator()
            _ = try command(trial, "pause", "--connect", endpoint)
            usleep(6_000_000)
            #expect(coordinator.isRunning)
            let anna = try trial.worker("anna", at: endpoint)
            try trial.waitForWorker("anna", coordinator)
            // It has joined, and gets nothing to do.
            usleep(1_000_000)
            #expect(trial.stepsTaken(in: "training") == 0)
            anna.signal(SIGKILL)
            usleep(10_000_000)
            #expect(coordinator.isRunning)
            let bert = try trial.worker("bert", at: endpoint)
            try trial.waitForWorker("bert", coordinator)
            _ = try command(trial, "resume", "--connect", endpoint)
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try bert.wait(timeout: 20).status == 0)
        }

        @Test func stopIsResumable() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(2, run)
            #expect(try command(trial, "stop", "--run", trial.runPath).stdoutText.contains("--resume"))
            let outcome = try run.wait(timeout: 60)
            #expect(outcome.status == 130, "\(outcome.stderr)")
            let journal = try trial.journal()
            #expect(try journal.condition() == .interrupted)
            let newest = try #require(try journal.checkpoints().first)
            #expect(newest.step == trial.stepsTaken(in: newest.phase))
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }

        @Test func aPausedRunCanBeStopped() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(2, run)
            _ = try command(trial, "pause", "--run", trial.runPath)
            _ = try command(trial, "stop", "--run", trial.runPath)
            #expect(try run.wait(timeout: 60).status == 130)
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }

        @Test func aDrainedWorkerLeavesInOrder() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let workers = try [trial.worker("anna", at: endpoint), trial.worker("bert", at: endpoint)]
            try trial.waitForWorker("anna", coordinator)
            try trial.waitForWorker("bert", coordinator)
            try trial.waitForStep(2, coordinator)
            #expect(try command(trial, "drain", "anna", "--connect", endpoint).stdoutText.contains("anna gets no more units"))
            let outcome = try workers[0].wait(timeout: 30)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            #expect(coordinator.isRunning)
            let unknown = try trial.start(["drain", "anna", "--connect", endpoint]).wait(timeout: 60)
            #expect(unknown.status == 1 && unknown.stderr.contains("no worker \"anna\" is present; present are bert"), "\(unknown.stderr)")
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try workers[1].wait(timeout: 20).status == 0)
            let log = try trial.log().map(\.record)
            #expect(!log.contains { $0.message == "unit is dealt again" }, "it finished what it had")
        }

        /// A worker that `run` started is not started again when it was drained.
        @Test func aDrainedLocalWorkerStaysAway() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(2, run)
            _ = try command(trial, "drain", "worker-2", "--run", trial.runPath)
            try trial.expectUndisturbedResults(try run.wait())
            let log = try trial.log().map(\.record)
            #expect(log.contains { $0.message == "worker process has left" && $0.fields["worker.name"] == "worker-2" })
            #expect(!log.contains { $0.message == "worker process ended; starting it again" })
        }
    }
}

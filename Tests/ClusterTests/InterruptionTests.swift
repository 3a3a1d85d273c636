import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Ctrl-C, a killed coordinator, a damaged checkpoint: the run goes on to the bits it would have had.
    @Suite struct InterruptionTests {
        @Test func ctrlCInTrainingTwice() throws {
            let trial = try Trial()
            let first = try trial.run()
            try trial.waitForStep(7, first)
            let firstStop = try interrupt(first, trial, phase: "training")

            let second = try trial.run("--resume")
            try trial.waitForStep(firstStop + 4, second)
            let secondStop = try interrupt(second, trial, phase: "training")
            #expect(secondStop > firstStop)

            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
            let resumed = try trial.log().filter { $0.record.message == "resuming" }.map { $0.record.fields["step"] }
            #expect(resumed == ["\(firstStop)", "\(secondStop)"])
        }

        @Test func ctrlCInTheHeadsPhase() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(3, of: "heads", run)
            _ = try interrupt(run, trial, phase: "heads")
            // It goes on with another number of workers, too.
            try trial.expectUndisturbedResults(try trial.run(workers: 1, "--resume").wait())
        }

        @Test func ctrlCWithNoWorkerThere() throws {
            let trial = try Trial()
            let (coordinator, _) = try trial.coordinator()
            coordinator.signal(SIGINT)
            let outcome = try coordinator.wait(timeout: 20)
            #expect(outcome.status == 130)
            #expect(outcome.stderr.contains("--resume"))
        }

        @Test func aKilledRunGoesOn() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(13, run)
            let workers = childProcesses(of: run.pid)
            #expect(workers.count == 2)
            run.signal(SIGKILL)
            #expect(try run.wait().status == 128 + SIGKILL)
            // Nobody looks after the workers any more; they would leave by themselves after 20 s.
            for worker in workers { kill(worker, SIGKILL) }
            #expect(try trial.journal().condition() == .running)
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
            let resumed = try trial.log().filter { $0.record.message == "resuming" }.compactMap { Int($0.record.fields["step"] ?? "") }
            #expect(resumed.count == 1 && resumed[0] >= 10 && resumed[0] < Trial.trainingSteps)
        }

        /// The coordinator comes back at its address; its workers have waited and join again.
        @Test func workersOutliveAKilledCoordinator() throws {
            let trial = try Trial()
            let (first, endpoint) = try trial.coordinator()
            let workers = try [trial.worker("anna", at: endpoint), trial.worker("bert", at: endpoint)]
            try trial.waitForStep(8, first)
            first.signal(SIGKILL)
            #expect(try first.wait().status == 128 + SIGKILL)
            let (second, _) = try trial.coordinator(bind: endpoint, "--resume")
            try trial.expectUndisturbedResults(try second.wait())
            for worker in workers {
                #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
                #expect(worker.stderr.contains("joined again"), "\(worker.stderr)")
            }
        }

        @Test func aDamagedCheckpointIsPassedOver() throws {
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(12, run)
            let stop = try interrupt(run, trial, phase: "training")
            let newest = try #require(try trial.journal().checkpoints().first)
            let path = trial.runPath + "/" + newest.path
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: URL(fileURLWithPath: path))

            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
            let log = try trial.log().map(\.record)
            #expect(log.contains { $0.level == .warning && $0.fields["cause"]?.contains(newest.path) == true })
            let resumed = log.filter { $0.message == "resuming" }.compactMap { Int($0.fields["step"] ?? "") }
            #expect(resumed.count == 1 && resumed[0] < stop && resumed[0] >= 5)
        }

        /// Sends Ctrl-C and checks how the run ends.
        /// - Returns: the step at which the checkpoint stands.
        private func interrupt(_ run: RunningProcess, _ trial: Trial, phase: String) throws -> Int {
            run.signal(SIGINT)
            let outcome = try run.wait(timeout: 60)
            try #require(outcome.status == 130, "\(outcome.status): \(outcome.stderr)")
            let lastLine = outcome.stderr.split(separator: "\n").last ?? ""
            #expect(lastLine.contains("--run \(trial.runPath)") && lastLine.contains("--resume"), "\(outcome.stderr)")
            #expect(!FileManager.default.fileExists(atPath: trial.runPath + "/results/summary.json"))
            let journal = try trial.journal()
            #expect(try journal.condition() == .interrupted)
            let newest = try #require(try journal.checkpoints().first)
            #expect(newest.phase == phase)
            // The step under way was finished, and none is lost.
            #expect(newest.step == trial.stepsTaken(in: phase))
            return newest.step
        }
    }
}

import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Weights, heads and analysis are the same to the last bit, however the work is shared out and whoever dies.
    @Suite struct BitIdentityTests {
        @Test func twoWorkers() throws { try expectSameBits(workers: 2, threads: 1) }
        @Test func threeWorkers() throws { try expectSameBits(workers: 3, threads: 1) }
        @Test func twoThreads() throws { try expectSameBits(workers: 1, threads: 2) }

        private func expectSameBits(workers: Int, threads: Int) throws {
            let trial = try Trial()
            try trial.expectUndisturbedResults(try trial.run(workers: workers, threads: threads).wait())
            let shares = try trial.journal().workers()
            #expect(shares.count == workers && shares.allSatisfy { $0.units > 0 && $0.threads == threads })
        }

        /// Another seed gives other bits: the comparison can fail.
        @Test func anotherSeedIsAnotherRun() throws {
            let trial = try Trial { $0["seed"] = 2 }
            try trial.expectSuccess(try trial.run().wait())
            let figures = try Figures(runDirectory: trial.runPath)
            let reference = try Figures.undisturbed()
            #expect(figures.network != reference.network && figures.heads != reference.heads && figures.analysis != reference.analysis)
        }

        @Test func workersOverTCP() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let workers = try [trial.worker("anna", at: endpoint), trial.worker("bert", at: endpoint, threads: 2)]
            try trial.expectUndisturbedResults(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
        }

        /// One worker is killed in mid-training, one is frozen meanwhile, and a third joins late and takes its share.
        @Test func aWorkerDiesAndAnotherJoinsLate() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let first = try trial.worker("first", at: endpoint)
            let second = try trial.worker("second", at: endpoint)
            try trial.waitForWorker("first", coordinator)
            try trial.waitForWorker("second", coordinator)
            try trial.waitForStep(6, coordinator)
            first.signal(SIGKILL)
            // Frozen, the second cannot finish the run before the third is there.
            second.signal(SIGSTOP)
            #expect(trial.stepsTaken(in: "training") < Trial.trainingSteps)
            let third = try trial.worker("third", at: endpoint)
            try trial.waitForWorker("third", coordinator)
            second.signal(SIGCONT)
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try first.wait().status == 128 + SIGKILL)
            for worker in [second, third] { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            let rows = try trial.journal().workers()
            #expect(rows.contains { $0.name == "third" && $0.units > 0 })
            #expect(rows.contains { $0.name == "first" && $0.left != nil })
        }

        @Test func aKilledWorkerOfALocalRunIsStartedAgain() throws {
            let trial = try Trial()
            let run = try trial.run(workers: 2)
            try trial.waitForStep(6, run)
            let victim = try #require(childProcesses(of: run.pid).first)
            kill(victim, SIGKILL)
            try trial.expectUndisturbedResults(try run.wait())
            let log = try trial.log().map(\.record)
            #expect(log.contains { $0.level == .warning && $0.message.contains("starting it again") && $0.fields["pid"] == "\(victim)" })
            #expect(log.filter { $0.message == "worker process started" }.count == 3)
            for record in log where record.message == "worker process started" {
                let pid = try #require(record.fields["pid"])
                #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"), "worker process \(pid) outlived the run")
            }
        }
    }
}

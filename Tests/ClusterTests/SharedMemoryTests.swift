import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Tensors that stay in memory that two processes map, and those that travel: the same bits, whoever dies.
    @Suite struct SharedMemoryTests {
        @Test func throughTheSocketAlone() throws {
            let trial = try Trial()
            let run = try trial.start(
                ["run", trial.recipePath, "--workers", "2", "--threads", "1", "--run", trial.runPath],
                environment: Trial.throughTheSocket)
            try trial.expectUndisturbedResults(try run.wait())
            #expect(try trial.neighbours() == [])
        }

        @Test func oneNeighbourAndOneThroughTheSocket() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let workers = try [
                trial.worker("near", at: endpoint, threads: 2),
                trial.worker("far", at: endpoint, environment: Trial.throughTheSocket),
            ]
            try trial.expectUndisturbedResults(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            #expect(try trial.neighbours() == ["near"])
            #expect(try trial.journal().workers().allSatisfy { $0.units > 0 })
        }

        /// Frozen in mid-training until it is given up, thawed when the weights have changed under it.
        @Test func aNeighbourThatThawsComputesNothingThatCounts() throws {
            // Without second copies of late units, so that the step stands until the frozen one is given up.
            let trial = try Trial {
                $0["cluster"] = ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 4, "unitAttempts": 50, "lateFactor": 0]
            }
            let (coordinator, endpoint) = try trial.coordinator()
            let frozen = try trial.worker("frozen", at: endpoint)
            let other = try trial.worker("other", at: endpoint)
            for name in ["frozen", "other"] { try trial.waitForWorker(name, coordinator) }
            try trial.waitForStep(4, coordinator)
            frozen.signal(SIGSTOP)
            let step = trial.stepsTaken(in: "training")
            // The step waits until the frozen worker is given up, then its units go to the other.
            try trial.waitForStep(step + 4, coordinator)
            frozen.signal(SIGCONT)
            try trial.expectUndisturbedResults(try coordinator.wait())
            for worker in [frozen, other] { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            let absences = try trial.log().map(\.record).filter { $0.message == "worker left" && $0.fields["worker.name"] == "frozen" }
            #expect(absences.contains { $0.fields["reason"]?.hasPrefix("silent") == true })
        }

        /// Nothing of it has a name in a folder, so nothing is left when all processes are killed at once.
        @Test func nothingIsLeftWhenAllAreKilled() throws {
            func named() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) }
            let before = try named()
            let trial = try Trial()
            let run = try trial.run()
            try trial.waitForStep(6, run)
            #expect(try trial.neighbours().count == 2)
            let workers = childProcesses(of: run.pid)
            run.signal(SIGKILL)
            for worker in workers { kill(worker, SIGKILL) }
            #expect(try run.wait().status == 128 + SIGKILL)
            #expect(try named().subtracting(before) == [])
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }
    }
}

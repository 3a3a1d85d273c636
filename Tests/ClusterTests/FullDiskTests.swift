import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// A file system that really fills up under a run.
    @Suite struct FullDiskTests {
        @Test func aRunOnAFullDiskSaysSoAndGoesOnWhenThereIsRoom() throws {
            guard let disk = try SmallDisk(bytes: 2 << 20) else { return }
            let trial = try Trial(runPath: disk.path + "/run")
            let outcome = try trial.run().wait()
            #expect(outcome.status == 1)
            let last = outcome.stderr.split(separator: "\n").last ?? ""
            #expect(last.contains(disk.path) && last.contains("disk is full"), "\(outcome.stderr)")
            #expect(outcome.stderr.contains("--run \(trial.runPath) --resume"), "\(outcome.stderr)")
            #expect(!FileManager.default.fileExists(atPath: trial.runPath + "/results/summary.json"))

            try disk.remount("size=64m")
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }

        /// As where the log of a service fills its disk: what cannot be said is not a reason to stop. Needs no small disk.
        @Test func whatCannotBeSaidDoesNotEndARun() throws {
            let trial = try Trial()
            let command = "exec \"$0\" \"$@\" >/dev/full 2>/dev/full"
            let words = ["run", trial.recipePath, "--workers", "1", "--run", trial.runPath, "--verbose"]
            let outcome = try runProcess("/bin/sh", ["-c", command, try filterscopeExecutable()] + words, timeout: 120)
            try trial.expectUndisturbedResults(outcome)

            let next = try Trial()
            let (coordinator, endpoint) = try next.coordinator()
            let worker = try RunningProcess(
                "/bin/sh", ["-c", command, try filterscopeExecutable(), "worker", "--connect", endpoint, "--threads", "1", "--verbose"])
            try next.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0)
        }

        @Test func noRoomAtAllIsNamed() throws {
            guard let disk = try SmallDisk(bytes: 64 << 10) else { return }
            let trial = try Trial(runPath: disk.path + "/run")
            let outcome = try trial.run().wait()
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains(disk.path) && outcome.stderr.contains("disk is full"), "\(outcome.stderr)")
            try disk.remount("size=64m")
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }
    }
}

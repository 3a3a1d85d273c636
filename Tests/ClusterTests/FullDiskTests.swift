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

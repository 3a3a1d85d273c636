import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// A real Slurm: jobs as `Cluster/slurm/filterscope.sbatch` makes them of a run.
    @Suite struct SlurmTests {
        /// Side by side on two virtual nodes: a job with four workers, one of which is cancelled, that an administrator puts back
        /// into the queue; and one that stops before its time limit, puts itself back, and goes on. The bits are those of a run on
        /// one machine. Then a job that its user cancels, which must not come back. Nothing is left of any of it.
        @Test func jobsThatAreDisturbed() throws {
            let slurm = try TrialSlurm(nodes: 2)
            let (moved, limited) = (try Self.trial(), try Self.trial())
            let first = try Self.submit(moved, to: slurm, "--nodes=2", "--ntasks-per-node=2", "--cpus-per-task=1", "--mem=1500", "--time=20")
            // Paused, so that there is time: on a busy machine nobody knows how long 240 steps take.
            try waitForSteps(12, of: moved)
            try command("pause", moved)
            let step = try #require(try slurm.step("worker-3", of: first), "\(Self.output(of: moved))")
            try slurm.command("scancel", step)
            try waitUntil("the cancelled worker is there again") { (try? joins(of: "worker-3", in: moved)) == 2 }
            #expect(try joins(of: "worker-1", in: moved) == 1, "one worker's end is no other's")
            try command("resume", moved)
            try waitForSteps(moved.stepsTaken(in: "training") + 6, of: moved)
            try slurm.command("scontrol", "requeue", first)

            // While that one waits in the queue. Signalled at Slurm's next look at time limits, every 30 s, from the tenth second on.
            let second = try Self.submit(
                limited, to: slurm, "--nodes=1", "--ntasks=1", "--cpus-per-task=2", "--mem=1500", "--time=1", "--signal=B:USR1@20")
            try waitForSteps(12, of: limited)
            // So that the limit is there before the end is; or it was there before us.
            try waitUntil("the job is paused, or was stopped") {
                try paused(limited) || slurm.field("Restarts", of: second) != "0"
            }

            // Once is enough: on a busy machine a minute's job gets little done at a time.
            try waitUntil("the limit has stopped it") { try slurm.field("Restarts", of: second) != "0" }
            try slurm.command("scontrol", "update", "JobId=\(second)", "TimeLimit=20")

            for (trial, job) in [(moved, first), (limited, second)] {
                try waitUntil("job \(job) is over", within: 480) { try slurm.field("JobState", of: job) == "COMPLETED" }
                let output = Self.output(of: trial)
                #expect(try slurm.field("ExitCode", of: job) == "0:0", "\(output)")
                #expect(try Figures(runDirectory: trial.runPath) == Self.reference.get(), "\(output)")
                let resumed = try trial.log().filter { $0.record.message == "resuming" }.compactMap { Int($0.record.fields["step"] ?? "") }
                #expect(resumed.count >= 1 && resumed.allSatisfy { $0 > 0 }, "\(output)")
            }
            #expect(try slurm.field("Restarts", of: first) == "1")
            #expect(try Int(slurm.field("Restarts", of: second)) ?? 0 >= 1)
            #expect(Self.output(of: limited).contains("stopped at the time limit; the job goes back into the queue"))
            let threads = try limited.log().filter { $0.record.message == "worker joined" }.map { $0.record.fields["worker.threads"] }
            #expect(threads.allSatisfy { $0 == "2" }, "threads come from the allocation")
            // Made by the job, for its owner alone.
            let mode = try FileManager.default.attributesOfItem(atPath: limited.runPath + ".slurm/keys")[.posixPermissions] as? Int
            #expect(mode == 0o700)

            let cancelled = try Self.trial()
            let third = try Self.submit(cancelled, to: slurm, "--nodes=1", "--ntasks=1", "--mem=1500", "--time=20")
            try waitForSteps(3, of: cancelled)
            try slurm.command("scancel", third)
            try waitUntil("the job is cancelled") { try slurm.field("JobState", of: third) == "CANCELLED" }
            #expect(try slurm.field("Restarts", of: third) == "0")

            try slurm.stop()
            #expect(!FileManager.default.fileExists(atPath: slurm.directory))
            #expect(try Self.processes(naming: slurm.directory).isEmpty)
        }

        @Test func whatCannotBeMeant() throws {
            for (arguments, words) in [
                ([], "RECIPE is missing"), (["r", "--thread", "2"], "unknown option \"--thread\""), (["r", "--threads", "two"], "whole number"),
                (["r", "--run"], "--run needs a value"), (["r", "s"], "unexpected argument \"s\""),
            ] {
                let outcome = try runProcess(Self.script, arguments)
                #expect(outcome.status == 2 && outcome.stderr.contains(words), "\(arguments): \(outcome.stderr)")
            }
            let help = try runProcess(Self.script, ["--help"])
            #expect(help.status == 0 && help.stdoutText.contains("--dataset SPEC") && help.stdoutText.contains("Example: sbatch"))
        }

        // MARK: Parts

        private static let script = Repository.root + "/Cluster/slurm/filterscope.sbatch"

        private static func trial() throws -> Trial {
            try Trial { recipe in
                recipe["training"] = ["epochs": 24, "translation": 2, "evaluateEvery": 0]
            }
        }

        /// Of a run on one machine, undisturbed.
        private static let reference = Result {
            let trial = try SlurmTests.trial()
            try trial.expectSuccess(try trial.run(workers: 1).wait())
            return try Figures(runDirectory: trial.runPath)
        }

        /// - Returns: the job's number.
        private static func submit(_ trial: Trial, to slurm: TrialSlurm, _ options: String...) throws -> String {
            let words = ["--parsable", "--output=job.log"] + options
            let own = [script, trial.recipePath, "--run", trial.runPath, "--program", try filterscopeExecutable()]
            return try slurm.command("sbatch", words + own, in: trial.temporary.path).trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private static func output(of trial: Trial) -> String {
            String(decoding: FileManager.default.contents(atPath: trial.temporary.file("job.log")) ?? Data(), as: UTF8.self)
        }

        /// An operator's command to a coordinator.
        private func command(_ name: String, _ trial: Trial) throws {
            try trial.expectSuccess(try runFilterscope([name, "--run", trial.runPath, "--keys", trial.runPath + ".slurm/keys"]))
        }

        private func paused(_ trial: Trial) throws -> Bool {
            try runFilterscope(["pause", "--run", trial.runPath, "--keys", trial.runPath + ".slurm/keys"]).status == 0
        }

        private func waitForSteps(_ count: Int, of trial: Trial) throws {
            try waitUntil("\(count) steps are taken; \(Self.output(of: trial).suffix(500))", within: 120) {
                trial.stepsTaken(in: "training") >= count
            }
        }

        private func joins(of worker: String, in trial: Trial) throws -> Int {
            try trial.log().filter { $0.record.message == "worker joined" && $0.record.fields["worker.name"] == worker }.count
        }

        private static func processes(naming text: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int32(name) != nil, Int32(name) != ProcessInfo.processInfo.processIdentifier else { return false }
                return ["cmdline", "environ"].contains { file in
                    let bytes = FileManager.default.contents(atPath: "/proc/\(name)/\(file)") ?? Data()
                    return String(decoding: bytes, as: UTF8.self).contains(text)
                }
            }
        }
    }
}

import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// Phase 4 with real runs of small networks.
    @Suite struct SweepTests {
        private func trial(_ sweep: [String: Any]) throws -> Trial {
            try Trial {
                $0["dataset"] = "fashion-mnist?train=400&test=100"
                $0["training"] = ["epochs": 1, "translation": 2]
                $0["heads"] = ["epochs": 1, "augment": false]
                $0["sweep"] = sweep
            }
        }

        private func weights(_ trial: Trial) throws -> [String] {
            try trial.journal().sweepPoints().map { "\($0.labels) \($0.seed) \($0.weightsSHA256) \($0.clusterSize ?? -1) \($0.snr ?? -1)" }
        }

        @Test func oneAfterAnotherAndSideBySideAreTheSame() throws {
            let settings: [String: Any] = ["labels": [2, 3, 10], "seeds": 2, "seedsUpTo": 3, "resamples": 100]
            let one = try trial(settings)
            let outcome = try one.start(["sweep", one.recipePath, "--run", one.runPath]).wait()
            try one.expectSuccess(outcome)
            #expect(outcome.stdoutText.contains("error = "))
            #expect(try one.journal().sweepPoints().map(\.labels) == [2, 2, 3, 3, 10])
            let many = try trial(settings)
            try many.expectSuccess(try many.start(["run", many.recipePath, "--workers", "3", "--run", many.runPath]).wait())
            #expect(try weights(one) == weights(many))
            for name in ["report.html", "results/sweep.json", "results/sweep.csv", "points/labels-010-seed-1/report.html", "points/labels-010-seed-1/filters"] {
                #expect(FileManager.default.fileExists(atPath: "\(one.runPath)/\(name)"))
            }
            let verified = try runFilterscope(["verify", "--run", one.runPath])
            #expect(verified.status == (verified.stdoutText.contains("not upheld") ? 3 : 0))
            #expect(verified.stdoutText.contains("Claim 2, linear error"))
            #expect(try runFilterscope(["report", "--run", one.runPath]).status == 0)
            let status = try runFilterscope(["status", "--run", one.runPath])
            #expect(status.status == 0 && status.stdoutText.contains("finished") && status.stdoutText.contains("5/5 networks"), "\(status.stdoutText)")
            let logs = try runFilterscope(["logs", "--run", many.runPath])
            #expect(logs.status == 0 && logs.stdoutText.split(separator: "\n").filter { $0.contains("network finished") }.count == 5)
        }

        /// A network that fails is gone on with once; then the sweep fails and says why, and its journal stays readable.
        @Test func aNetworkThatFailsTwiceFailsTheSweep() throws {
            let trial = try Trial {
                $0["dataset"] = "fashion-mnist?train=400&test=100"
                // So large that weights are no numbers any more after a few steps.
                $0["training"] = ["epochs": 4, "translation": 2, "learningRate": 100, "evaluateEvery": 0]
                $0["heads"] = ["epochs": 1, "augment": false]
                $0["sweep"] = ["labels": [2, 3, 4], "seeds": 1, "resamples": 100]
            }
            let outcome = try trial.start(["sweep", trial.recipePath, "--run", trial.runPath]).wait()
            #expect(outcome.status == 1, "\(outcome.stderr)")
            #expect(outcome.stderr.contains("ended with exit code 1") && outcome.stderr.contains("is not finite"), "\(outcome.stderr)")
            #expect(try trial.log().filter { $0.record.message == "network failed; going on with it once more" }.count == 1)
            #expect(try trial.journal().condition() == .failed)
            let finished = try trial.journal().sweepPoints().count
            #expect(finished < 3)
            for command in ["verify", "report"] {
                let refused = try runFilterscope([command, "--run", trial.runPath])
                #expect(refused.status == 1 && refused.stderr.contains("the sweep is not finished: \(finished) of its networks are"), "\(refused.stderr)")
            }
            let status = try runFilterscope(["status", "--run", trial.runPath])
            #expect(status.status == 0 && status.stdoutText.contains("failed"))
        }

        /// Free workers go to the networks that can begin; none stays idle for want of a whole share.
        @Test func workersAreSharedOut() throws {
            let trial = try trial(["labels": [2, 3, 4], "seeds": 1, "resamples": 100])
            try trial.expectSuccess(
                try trial.start(["sweep", trial.recipePath, "--run", trial.runPath, "--workers", "3", "--side-by-side", "2", "--threads", "1"]).wait())
            let shares = try trial.log().filter { $0.record.message == "network begins" }.map { $0.record.fields["workers"] }
            #expect(shares.count == 3 && shares[0] == "2" && shares[1] == "1")
        }

        /// A sweep that goes on may have more numbers of labels and more seeds; what is finished is not trained again.
        @Test func aSweepGrows() throws {
            let trial = try trial(["labels": [2, 3], "seeds": 1, "resamples": 100])
            try trial.expectSuccess(try trial.start(["sweep", trial.recipePath, "--run", trial.runPath]).wait())
            let before = try weights(trial)
            let outcome = try trial.start([
                "sweep", trial.recipePath, "--run", trial.runPath, "--resume", "--labels", "2,3,4", "--seeds", "2", "--workers", "2",
            ]).wait()
            try trial.expectSuccess(outcome)
            #expect(try trial.journal().sweepPoints().map { "\($0.labels) \($0.seed)" } == ["2 1", "2 2", "3 1", "3 2", "4 1", "4 2"])
            #expect(try Set(weights(trial)).isSuperset(of: before))
            #expect(try trial.log().filter { $0.record.message == "network begins" }.count == 6)
        }

        @Test func aSingleRunIsNoSweepToGoOnWith() throws {
            let trial = try trial([:])
            try trial.expectSuccess(try trial.run().wait())
            let outcome = try trial.start(["sweep", trial.recipePath, "--run", trial.runPath, "--resume", "--labels", "2,3,4"]).wait()
            #expect(outcome.status == 1 && outcome.stderr.contains("holds a single run, not a sweep"), "\(outcome.stderr)")
        }

        /// Killed without a word, it leaves a network behind, which ends by itself at a checkpoint and lets the next sweep go on.
        @Test func aSweepKilledWithoutAWordGoesOn() throws {
            let settings: [String: Any] = ["labels": [2, 4, 10], "seeds": 1, "resamples": 100]
            let longer: (inout [String: Any]) -> Void = {
                $0["dataset"] = "fashion-mnist?train=1000&test=100"
                $0["training"] = ["epochs": 3, "translation": 2, "evaluateEvery": 0]
                $0["heads"] = ["epochs": 1, "augment": false]
                $0["sweep"] = settings
            }
            let undisturbed = try Trial(change: longer)
            try undisturbed.expectSuccess(try undisturbed.start(["sweep", undisturbed.recipePath, "--run", undisturbed.runPath]).wait())
            let disturbed = try Trial(change: longer)
            let first = try disturbed.start(["sweep", disturbed.recipePath, "--run", disturbed.runPath])
            let point = disturbed.runPath + "/points/labels-010-seed-1"
            try waitUntil("the largest network trains") {
                ((try? JournalReader(path: point + "/run.sqlite").metrics(phase: "training", name: "loss").count) ?? 0) >= 7
            }
            first.signal(SIGKILL)
            #expect(try first.wait().status == 128 + SIGKILL)
            try disturbed.expectSuccess(try disturbed.start(["sweep", disturbed.recipePath, "--run", disturbed.runPath, "--resume"]).wait())
            #expect(try weights(disturbed) == weights(undisturbed))
            let resumed = try JournalReader(path: point + "/run.sqlite").logs().filter { $0.record.message == "resuming" }
            #expect(resumed.count == 1, "it went on from a checkpoint")
        }

        @Test func anInterruptedSweepGoesOn() throws {
            let settings: [String: Any] = ["labels": [2, 4, 6, 10], "seeds": 1, "resamples": 100]
            let undisturbed = try trial(settings)
            try undisturbed.expectSuccess(try undisturbed.start(["sweep", undisturbed.recipePath, "--run", undisturbed.runPath]).wait())
            let disturbed = try trial(settings)
            let first = try disturbed.start(["sweep", disturbed.recipePath, "--run", disturbed.runPath])
            try waitUntil("a point is finished") { ((try? disturbed.journal().sweepPoints().count) ?? 0) >= 1 }
            first.signal(SIGTERM)
            let stopped = try first.wait()
            #expect(stopped.status == 130, "\(stopped.stderr)")
            let done = try disturbed.journal().sweepPoints().count
            #expect(done >= 1 && done < 4)
            try disturbed.expectSuccess(
                try disturbed.start(["sweep", disturbed.recipePath, "--run", disturbed.runPath, "--workers", "2", "--resume"]).wait())
            #expect(try weights(disturbed) == weights(undisturbed))
        }

        @Test func pruningConvolutionsNeedsHeadsThatASweepHasNot() throws {
            let trial = try Trial {
                $0["sweep"] = ["labels": [2, 3, 4], "seeds": 1]
                $0["prune"] = ["firstConvolution": 6]
            }
            let outcome = try trial.start(["sweep", trial.recipePath, "--run", trial.runPath]).wait()
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("a sweep's networks have one"), "\(outcome.stderr)")
            #expect(!FileManager.default.fileExists(atPath: trial.runPath + "/points"))
        }

        @Test(arguments: [
            (["labels": [Int]()] as [String: [Int]], ["sweep"], "has no sweep"),
            (["labels": [3, 11]], ["sweep"], "asks for 11 labels, and the data set has 10"),
            (["labels": [3, 5]], ["sweep", "--labels", "3,x"], "--labels needs whole numbers from 2 up"),
            (["labels": [3, 5]], ["sweep", "--side-by-side", "2"], "needs a worker for each network"),
            (["labels": [3, 5]], ["sweep", "--labels", "1,3"], "--labels needs whole numbers from 2 up"),
            (["labels": [3, 5]], ["coordinator", "--bind", "tcp://127.0.0.1:*"], "the recipe is a sweep"),
        ])
        func refused(_ sweep: [String: [Int]], _ command: [String], _ message: String) throws {
            let trial = try trial(sweep)
            let outcome = try trial.start([command[0], trial.recipePath, "--run", trial.runPath] + command.dropFirst()).wait()
            #expect(outcome.status == 1 || outcome.status == 2)
            #expect(outcome.stderr.contains(message), "\(outcome.stderr)")
            #expect(!FileManager.default.fileExists(atPath: trial.runPath + "/run.sqlite"))
        }
    }
}

import Foundation
import Messages
import TestSupport
import Testing

extension ClusterTests {
    /// `status` and `logs` beside a run, over its directory and over its address.
    @Suite struct ObservationTests {
        /// One run is looked at from all sides: while it waits, in mid-training, while it goes on, and afterwards.
        @Test func statusAndLogsFromBeginningToEnd() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let follower = try trial.start(["logs", "--run", trial.runPath, "-f", "--json"])
            let remoteFollower = try trial.start(["logs", "--connect", endpoint, "-f", "--json"])

            let waiting = try status(trial, "--connect", endpoint)
            #expect(waiting.workers.isEmpty && waiting.step == 0 && waiting.recipe == "cluster-trial")
            #expect(waiting.state == .waitingForWorkers)

            let anna = try trial.worker("anna", at: endpoint)
            let bert = try trial.worker("bert", at: endpoint)
            try trial.waitForWorker("anna", coordinator)
            try trial.waitForWorker("bert", coordinator)
            try trial.waitForStep(5, coordinator)
            for worker in [anna, bert] { worker.signal(SIGSTOP) }
            // The directory's status is written anew twice a second.
            try waitUntil("the status in the directory has caught up", within: 20) { try status(trial, "--run", trial.runPath).step >= 5 }
            for source in [["--connect", endpoint], ["--run", trial.runPath]] {
                let report = try status(trial, source)
                #expect(report.state == .running && report.phase == "training", "\(source)")
                #expect(report.totalSteps == Trial.trainingSteps && (5..<Trial.trainingSteps).contains(report.step))
                #expect(report.metrics["loss"] != nil)
                if source[0] == "--connect" {
                    #expect(Set(report.workers.map(\.name)) == ["anna", "bert"])
                    #expect(abs(report.workers.reduce(0) { $0 + $1.share } - 1) < 1e-9)
                }
            }
            let remote = try logs(trial, "--connect", endpoint, "--worker", "anna")
            #expect(!remote.isEmpty && remote.allSatisfy { $0["source"] as? String == "anna" })
            for worker in [anna, bert] { worker.signal(SIGCONT) }

            try trial.expectUndisturbedResults(try coordinator.wait())
            let outcome = try follower.wait(timeout: 30)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let all = try trial.log()
            #expect(Set(objects(outcome.stdoutText).compactMap { $0["id"] as? Int }) == Set(all.map(\.id)), "every record, once")
            #expect(objects(outcome.stdoutText).count == all.count)
            #expect(outcome.stdoutText.contains("run finished"))

            // The coordinator does not close before who follows it has read to the end.
            let remoteOutcome = try remoteFollower.wait(timeout: 30)
            #expect(remoteOutcome.status == 0, "\(remoteOutcome.stderr)")
            let remoteIDs = objects(remoteOutcome.stdoutText).compactMap { $0["id"] as? Int }
            #expect(remoteIDs.count == all.count && Set(remoteIDs) == Set(all.map(\.id)))

            try checkFilters(trial)
            let after = try status(trial, "--run", trial.runPath)
            #expect(after.state == .finished)
        }

        private func checkFilters(_ trial: Trial) throws {
            let all = try trial.log().map(\.record)
            let byWorker = try logs(trial, "--run", trial.runPath, "--worker", "bert")
            #expect(byWorker.count == all.filter { $0.source == "bert" }.count && !byWorker.isEmpty)
            let bySource = try logs(trial, "--run", trial.runPath, "--worker", "coordinator")
            #expect(bySource.count == all.filter { $0.source == "coordinator" }.count && bySource.count < all.count)
            let byLevel = try logs(trial, "--run", trial.runPath, "--level", "info")
            #expect(byLevel.count == all.filter { $0.level >= .info }.count)
            let byText = try logs(trial, "--run", trial.runPath, "--grep", "accuracy")
            #expect(byText.count == all.filter { $0.message == "test accuracy" }.count && !byText.isEmpty)
            #expect(try logs(trial, "--run", trial.runPath, "--since", "1d").count == all.count)
            let lines = try runFilterscope(["logs", "--run", trial.runPath]).stdoutText.split(separator: "\n")
            #expect(lines.count == all.count && lines.map(String.init) == lines.map(String.init).sorted { $0.prefix(24) < $1.prefix(24) })
        }

        /// A run whose coordinator was killed cannot say that it is over; whoever follows it is told, and may set an end to waiting.
        @Test func followingEndsWhenTheCoordinatorWasKilled() throws {
            let trial = try Trial()
            let (coordinator, _) = try trial.coordinator()
            let follower = try trial.start(["logs", "--run", trial.runPath, "-f", "--wait", "1s"])
            try waitUntil("the follower shows the log") { follower.stdout.count > 0 }
            coordinator.signal(SIGKILL)
            _ = try coordinator.wait()
            let outcome = try follower.wait(timeout: 30)
            #expect(outcome.status == 1 && outcome.stderr.contains("--resume"), "\(outcome.stderr)")
            let report = try status(trial, "--run", trial.runPath)
            #expect(report.state == .interrupted && report.faults.last?.contains("--resume") == true)
        }

        private func status(_ trial: Trial, _ source: String...) throws -> StatusReport { try status(trial, source) }

        private func status(_ trial: Trial, _ source: [String]) throws -> StatusReport {
            let outcome = try runFilterscope(["status", "--json"] + source)
            try #require(outcome.status == 0, "\(outcome.stderr)")
            return try JSONDecoder().decode(StatusReport.self, from: outcome.stdout)
        }

        private func logs(_ trial: Trial, _ arguments: String...) throws -> [[String: Any]] {
            let outcome = try runFilterscope(["logs", "--json"] + arguments)
            try #require(outcome.status == 0, "\(outcome.stderr)")
            return objects(outcome.stdoutText)
        }

        private func objects(_ text: String) -> [[String: Any]] {
            text.split(separator: "\n").compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] }
        }
    }
}

import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// The log of a run whose coordinator dies and comes back, whose workers' clocks are wrong and who write a lot.
    @Suite struct LogFollowingTests {
        private func objects(_ text: String) -> [[String: Any]] {
            text.split(separator: "\n").compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] }
        }

        /// Each follower has every record once, in the end, and each line that a worker wrote stands in the log once.
        private func expectAll(_ outcome: ProcessOutcome, _ trial: Trial, _ name: Comment) throws {
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let shown = objects(outcome.stdoutText)
            let ids = shown.compactMap { $0["id"] as? Int }
            #expect(ids.count == Set(ids).count, name)
            #expect(Set(ids) == Set(try trial.log().map(\.id)), name)
            #expect(outcome.stderr.contains("waiting for the coordinator") && outcome.stderr.contains("the coordinator is back"), "\(outcome.stderr)")
        }

        @Test func followersSurviveCoordinatorsThatAreKilledAndThatAreStopped() throws {
            let trial = try Trial()
            let (first, endpoint) = try trial.coordinator()
            let local = try trial.start(["logs", "--run", trial.runPath, "-f", "--json"])
            let remote = try trial.start(["logs", "--connect", endpoint, "-f", "--json"])
            // Two workers that write 400 lines a second each, for as long as they live.
            let chatter = ["FILTERSCOPE_TEST_LOG_LINES": "400"]
            let workers = try ["anna", "bert"].map { try trial.worker($0, at: endpoint, environment: chatter) }
            try trial.waitForStep(8, first)
            try waitUntil("the remote follower reads") { remote.stdout.count > 1000 }
            first.signal(SIGKILL)
            _ = try first.wait()
            try waitUntil("both say that they wait") { local.stderr.contains("waiting") && remote.stderr.contains("waiting") }
            #expect(local.isRunning && remote.isRunning)

            /// Goes on with the run, and holds it until the followers are there again for the so many-th time.
            func goOn(_ times: Int) throws -> RunningProcess {
                let (coordinator, _) = try trial.coordinator(bind: endpoint, "--resume")
                #expect(try runFilterscope(["pause", "--run", trial.runPath]).status == 0)
                try waitUntil("both go on") {
                    [local, remote].allSatisfy { $0.stderr.components(separatedBy: "is back").count > times }
                }
                #expect(try runFilterscope(["resume", "--run", trial.runPath]).status == 0)
                return coordinator
            }
            let second = try goOn(1)
            try trial.waitForStep(20, second)
            // An end in order, which is not the run's.
            second.signal(SIGTERM)
            #expect(try second.wait().status == 130)
            try waitUntil("both say that they wait again") {
                [local, remote].allSatisfy { $0.stderr.components(separatedBy: "waiting for").count > 2 }
            }
            #expect(local.isRunning && remote.isRunning, "the run is not over: \(local.stderr) \(remote.stderr)")

            let third = try goOn(2)
            let (dora, emil) = (try trial.worker("dora", at: endpoint, environment: chatter), try trial.worker("emil", at: endpoint))
            try trial.expectUndisturbedResults(try third.wait())
            try expectAll(try local.wait(timeout: 60), trial, "over the directory")
            try expectAll(try remote.wait(timeout: 60), trial, "over the wire")
            // The workers number their lines: none is missing, none stands twice.
            for name in ["anna", "bert", "dora"] {
                let lines = try trial.log().map(\.record).filter { $0.source == name && $0.message.hasPrefix("sample line") }
                    .compactMap { $0.fields["line"].flatMap(Int.init) }
                #expect(lines.count > 100 && lines == Array(1...lines.count), "\(name)")
            }
            withExtendedLifetime((workers, dora, emil)) {}
        }

        @Test func aFollowerGivesUpWhenItIsTold() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let local = try trial.start(["logs", "--run", trial.runPath, "-f", "--wait", "1s"])
            let remote = try trial.start(["logs", "--connect", endpoint, "-f", "--wait", "1s"])
            for follower in [local, remote] { try waitUntil("the follower shows the log") { follower.stdout.count > 0 } }
            coordinator.signal(SIGKILL)
            _ = try coordinator.wait()
            for follower in [local, remote] {
                let outcome = try follower.wait(timeout: 60)
                #expect(outcome.status == 1 && outcome.stderr.contains("error:"), "\(outcome.stderr)")
            }
            // Another run at the same address has another log.
            let other = try Trial()
            let follower = try trial.start(["logs", "--connect", endpoint, "-f"])
            let (again, _) = try trial.coordinator(bind: endpoint, "--resume")
            try waitUntil("the follower shows the log") { follower.stdout.count > 0 }
            again.signal(SIGKILL)
            _ = try again.wait()
            let (stranger, _) = try other.coordinator(bind: endpoint)
            let outcome = try follower.wait(timeout: 60)
            #expect(outcome.status == 1 && outcome.stderr.contains("another run answers there now"), "\(outcome.stderr)")
            withExtendedLifetime(stranger) {}
        }

        /// A worker whose clock is two hours behind, and one that is three days ahead.
        @Test func recordsOfWrongClocksAreMergedInOrder() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let program = try filterscopeExecutable()
            func shifted(_ name: String, _ shift: String) throws -> RunningProcess {
                try RunningProcess(
                    "/usr/bin/faketime",
                    ["-f", shift, program, "worker", "--connect", endpoint, "--name", name, "--threads", "1", "--give-up", "60"],
                    environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1", "FILTERSCOPE_TEST_LOG_LINES": "50"])
            }
            let workers = [try shifted("late", "-2h"), try shifted("early", "+3d"), try trial.worker("right", at: endpoint)]
            let begun = Date().timeIntervalSince1970
            try trial.waitForStep(20, coordinator)
            let status = try runFilterscope(["status", "--connect", endpoint, "--json"])
            let report = try #require(try JSONSerialization.jsonObject(with: status.stdout) as? [String: Any])
            var offsets: [String: Double] = [:]
            for worker in report["workers"] as? [[String: Any]] ?? [] {
                offsets[worker["name"] as? String ?? ""] = worker["clockOffset"] as? Double
                #expect((worker["clockUncertainty"] as? Double ?? .infinity) < 1, "\(worker)")
            }
            #expect(abs((offsets["late"] ?? 0) - 7200) < 1 && abs((offsets["early"] ?? 0) + 3 * 86_400) < 1 && abs(offsets["right"] ?? 9) < 1, "\(offsets)")
            try trial.expectUndisturbedResults(try coordinator.wait())

            let log = try trial.log().map(\.record)
            #expect(log.allSatisfy { $0.time >= begun - 60 && $0.time <= Date().timeIntervalSince1970 }, "all by the coordinator's clock")
            for (name, shift) in [("late", -7200.0), ("early", 3 * 86_400)] {
                let own = log.filter { $0.source == name }
                #expect(own.count > 20 && own.allSatisfy { abs(($0.writtenTime ?? 0) - $0.time - shift) < 2 })
                // Its words stand where the run was when it said them.
                let joined = try #require(own.first { $0.message == "joined" })
                let admitted = try #require(log.first { $0.message == "worker joined" && $0.fields["worker.name"] == name })
                #expect(abs(joined.time - admitted.time) < 2)
            }
            #expect(log.filter { $0.source == "right" }.allSatisfy { $0.writtenTime == nil })
            let kept = try trial.journal().workers().first { $0.name == "late" }
            #expect(abs((kept?.clockOffset ?? 0) - 7200) < 1 && (kept?.clockUncertainty ?? 9) < 1)
            withExtendedLifetime(workers) {}
        }

        /// What a local worker writes to standard error is kept in two files of bounded size.
        @Test func standardErrorOfLocalWorkersIsRotated() throws {
            let trial = try Trial { recipe in
                var cluster = recipe["cluster"] as? [String: Any] ?? [:]
                cluster["logMegabytes"] = 1
                recipe["cluster"] = cluster
                // It is interrupted long before that.
                recipe["training"] = ["epochs": 1000, "evaluateEvery": 0]
            }
            let run = try trial.start(
                ["run", trial.recipePath, "--workers", "1", "--threads", "1", "--run", trial.runPath, "--quiet"],
                environment: ["FILTERSCOPE_TEST_LOG_LINES": "1000:1000:info"])
            let path = trial.runPath + "/logs/worker-1.stderr"
            func size(_ path: String) -> Int { (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0 }
            try waitUntil("the file has begun anew twice") {
                guard run.isRunning else { throw Disturbed("ended", run) }
                let former = FileManager.default.contents(atPath: path + ".1").map { String(decoding: $0.prefix(400), as: UTF8.self) } ?? ""
                return former.contains("line=") && !former.contains("joined") && size(path) > 0
            }
            run.signal(SIGINT)
            #expect(try run.wait().status == 130)
            #expect(size(path + ".1") >= 64 << 10 && size(path) < 4 << 20)
            // It goes on where it was cut: no hole at its beginning.
            #expect(FileManager.default.contents(atPath: path)?.first == UInt8(ascii: "2"))
        }

        /// A log that may take a megabyte is rotated while it is followed.
        @Test func followersReadAcrossRotations() throws {
            // Long enough for more than is kept, at a rate at which a follower on a busy machine is not behind by all that is kept.
            func long(_ recipe: inout [String: Any]) {
                var cluster = recipe["cluster"] as? [String: Any] ?? [:]
                cluster["logMegabytes"] = 1
                recipe["cluster"] = cluster
                recipe["training"] = ["epochs": 30, "evaluateEvery": 0]
            }
            let reference = try Trial(change: long)
            try reference.expectSuccess(try reference.run(workers: 1).wait())
            let trial = try Trial(change: long)
            let (coordinator, endpoint) = try trial.coordinator()
            let followers = [
                try trial.start(["logs", "--run", trial.runPath, "-f", "--json"]), try trial.start(["logs", "--connect", endpoint, "-f", "--json"]),
            ]
            let worker = try trial.worker("anna", at: endpoint, environment: ["FILTERSCOPE_TEST_LOG_LINES": "2000"])
            try trial.expectSuccess(try coordinator.wait())
            #expect(try Figures(runDirectory: trial.runPath) == Figures(runDirectory: reference.runPath))
            let kept = try trial.log()
            let (lowest, highest) = (try #require(kept.map(\.id).min()), try #require(kept.map(\.id).max()))
            #expect(lowest > 1, "the oldest records are gone")
            for follower in followers {
                let outcome = try follower.wait(timeout: 60)
                #expect(outcome.status == 0 && !outcome.stdoutText.contains("missing"), "\(outcome.stderr)")
                let ids = objects(outcome.stdoutText).compactMap { $0["id"] as? Int }
                #expect(ids.sorted() == Array(1...highest))
            }
            // Whoever comes later is told what is not there any more.
            let late = try runFilterscope(["logs", "--run", trial.runPath])
            #expect(late.stdoutText.contains("records that are not kept any more"))
            withExtendedLifetime(worker) {}
        }
    }
}

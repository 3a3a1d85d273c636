import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// `filterscope up` and `down` over a real sshd.
    @Suite struct UpTests {
        /// A row of the table, by its name.
        private struct Rows {
            let outcome: ProcessOutcome
            private let rows: [String: (state: String, detail: String)]

            init(_ outcome: ProcessOutcome) {
                self.outcome = outcome
                var rows: [String: (String, String)] = [:]
                for line in outcome.stdoutText.replacing("not reached", with: "not-reached").split(separator: "\n").dropFirst() {
                    let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true).map(String.init)
                    if words.count >= 3 { rows[words[0]] = (words[2], words.count > 3 ? words[3].trimmingCharacters(in: .whitespaces) : "") }
                }
                self.rows = rows
            }

            func state(_ name: String) -> String { rows[name]?.state ?? "?" }
            func detail(_ name: String) -> String { rows[name]?.detail ?? "?" }
        }

        /// A coordinator started by `up`, machines that fail in every way, one that dies and comes back, `down`, and on to the bits
        /// of an undisturbed run.
        @Test func aClusterOverSSH() throws {
            let machines = try TrialHosts()
            for name in ["lab-1", "lab-2", "lab-3"] { try machines.start(name) }
            try machines.addMissing("gone")
            machines.addStranger("stranger", of: "lab-1")
            try machines.addSilent("silent")
            let configuration = try machines.sshConfiguration()
            let trial = try Trial { recipe in
                var cluster = recipe["cluster"] as? [String: Any] ?? [:]
                cluster["minimumWorkers"] = 3
                cluster["waitForWorkersSeconds"] = 1200
                recipe["cluster"] = cluster
            }
            let keys = trial.temporary.file("keys")
            try trial.expectSuccess(try runFilterscope(["keygen", keys]))
            let connect = "tcp://127.0.0.1:\(try TrialHosts.freePort())"
            func up(_ hosts: String, _ more: String...) throws -> Rows {
                Rows(try runFilterscope(
                    ["up", hosts, trial.recipePath, "--connect", connect, "--keys", keys, "--run", trial.runPath, "--ssh-config", configuration]
                        + ["--ssh-timeout", "5", "--wait", "60"] + more, timeout: 240))
            }
            func down(_ hosts: String) throws -> Rows {
                Rows(try runFilterscope(["down", hosts, "--ssh-config", configuration, "--ssh-timeout", "3", "--wait", "60"], timeout: 150))
            }

            // Who is up, and the first error of who is not.
            let all = ["lab-1", "lab-2", "gone", "stranger", "silent", "bare"]
            try machines.start("bare")
            _ = try machines.sshConfiguration()
            let hosts = try machines.hostsFile(all, programs: ["bare": "/nowhere/filterscope"])
            let first = try up(hosts)
            #expect(first.outcome.status == 1, "\(first.outcome.stderr)")
            #expect(first.outcome.stdoutText.hasPrefix("coordinator up: process ") && first.outcome.stdoutText.contains("run \(trial.runPath)\n"), "\(first.outcome.stdoutText)")
            #expect(["lab-1", "lab-2"].allSatisfy { first.state($0) == "up" }, "\(first.outcome.stdoutText)")
            for (name, words) in [
                ("gone", "Connection refused"), ("stranger", "Permission denied (publickey)"), ("silent", "timed out"),
                ("bare", "no program /nowhere/filterscope"),
            ] { #expect(first.state(name) == "failed" && first.detail(name).contains(words), "\(first.outcome.stdoutText)") }
            #expect(first.outcome.stderr.contains("4 of 6 machines are not up"))

            // Keys lie there for their owner alone.
            let record = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: hosts + ".up/record.json"))) as? [String: Any]
            let identity = try #require(record?["identity"] as? String)
            let there = machines.directory("lab-1") + "/\(identity)/lab-1"
            for (name, mode) in [("keys", 0o700), ("keys/worker.key", 0o600), ("keys/coordinator.pub", 0o644)] {
                #expect(try FileManager.default.attributesOfItem(atPath: "\(there)/\(name)")[.posixPermissions] as? Int == mode)
            }
            let listed = try FileManager.default.contentsOfDirectory(atPath: there + "/keys").sorted()
            #expect(listed == ["coordinator.pub", "worker.key"])

            // The run stands still from here on, so that there is time for what follows.
            try trial.expectSuccess(try runFilterscope(["pause", "--run", trial.runPath, "--keys", keys]))
            _ = try machines.hostsFile(["lab-1", "lab-2", "lab-3"])
            let second = try up(hosts)
            #expect(second.outcome.status == 0, "\(second.outcome.stdoutText) \(second.outcome.stderr)")
            #expect(second.outcome.stdoutText.hasPrefix("coordinator running, as before: "))
            #expect(second.state("lab-1") == "running" && second.state("lab-2") == "running" && second.state("lab-3") == "up")

            try machines.kill("lab-2", identity: identity)
            let third = try up(hosts)
            #expect(third.outcome.status == 1)
            #expect(third.state("lab-2") == "failed" && third.detail("lab-2").contains("Connection refused"), "\(third.outcome.stdoutText)")
            try machines.start("lab-2")
            let fourth = try up(hosts)
            #expect(fourth.outcome.status == 0 && fourth.state("lab-2") == "up" && fourth.state("lab-3") == "running", "\(fourth.outcome.stdoutText)")

            // A machine that `down` does not reach is remembered.
            machines.stopServer("lab-3")
            let partly = try down(hosts)
            #expect(partly.outcome.status == 1 && partly.state("lab-3") == "not-reached", "\(partly.outcome.stdoutText)")
            #expect(partly.outcome.stdoutText.hasPrefix("coordinator ended: ") && partly.outcome.stderr.contains("(lab-3)"))
            #expect(["ended", "absent"].contains(partly.state("lab-1")))
            #expect(try trial.journal().condition() == .interrupted)
            #expect(try FileManager.default.contentsOfDirectory(atPath: there) == ["log"], "keys do not stay")
            try machines.start("lab-3")
            #expect(try down(hosts).outcome.status == 0)
            #expect(!FileManager.default.fileExists(atPath: hosts + ".up"))
            #expect(try down(hosts).outcome.stdoutText.hasPrefix("nothing is up"))

            // On to the end, and the same bits.
            let last = try up(hosts, "--resume")
            #expect(last.outcome.status == 0, "\(last.outcome.stdoutText) \(last.outcome.stderr)")
            try waitUntil("the run is finished") { try trial.journal().condition() == .finished }
            #expect(try Figures(runDirectory: trial.runPath) == Figures.undisturbed())
            #expect(try down(hosts).outcome.status == 0)
        }

        /// A coordinator that somebody else started goes on, and so do workers that somebody else started.
        @Test func workersForARunningCoordinator() throws {
            let machines = try TrialHosts()
            try machines.start("lab-1")
            let configuration = try machines.sshConfiguration()
            let trial = try Trial { $0["cluster"] = ["minimumWorkers": 9] }
            let (keys, others) = (trial.temporary.file("keys"), trial.temporary.file("others"))
            for directory in [keys, others] { try trial.expectSuccess(try runFilterscope(["keygen", directory])) }
            let (coordinator, endpoint) = try trial.coordinator(bind: "tcp://127.0.0.1:*", "--keys", keys)
            let neighbour = try trial.start(["worker", "--connect", endpoint, "--keys", keys, "--name", "neighbour", "--threads", "1"])
            try trial.waitForWorker("neighbour", coordinator)
            let hosts = try machines.hostsFile(["lab-1"])
            func up(_ keys: String, wait: Int = 60) throws -> Rows {
                let words = ["up", hosts, "--connect", endpoint, "--keys", keys, "--ssh-config", configuration, "--wait", "\(wait)"]
                return Rows(try runFilterscope(words, timeout: 120))
            }
            func down() throws -> Rows { Rows(try runFilterscope(["down", hosts, "--ssh-config", configuration, "--wait", "60"], timeout: 90)) }
            // Of another cluster: it looks on, and says why it has not joined.
            let wrong = try up(others, wait: 5)
            #expect(wrong.outcome.status == 1 && wrong.state("lab-1") == "waiting", "\(wrong.outcome.stdoutText)")
            #expect(wrong.detail("lab-1").contains("has not joined yet: ") && wrong.detail("lab-1").contains("coordinator.pub"), "\(wrong.outcome.stdoutText)")
            #expect(try down().state("lab-1") == "ended")
            let right = try up(keys)
            #expect(right.outcome.status == 0 && right.state("lab-1") == "up", "\(right.outcome.stdoutText)")

            let elsewhere = try runFilterscope(["up", hosts, "--connect", "tcp://127.0.0.1:1", "--ssh-config", configuration])
            #expect(elsewhere.status == 1 && elsewhere.stderr.contains("were started for \(endpoint)"), "\(elsewhere.stderr)")

            let last = try down()
            #expect(last.outcome.status == 0 && last.state("lab-1") == "ended", "\(last.outcome.stdoutText)")
            try waitUntil("the coordinator has seen it leave") {
                try trial.log().contains { $0.record.message == "worker left" && $0.record.fields["worker.name"] == "lab-1" }
            }
            #expect(coordinator.isRunning && neighbour.isRunning)
        }

        @Test func whatCannotBeMeant() throws {
            let directory = try TemporaryDirectory()
            let hosts = try directory.write(Data("a\nb thread=3\n".utf8), to: "hosts")
            for (arguments, status, words) in [
                (["up", hosts, "--connect", "tcp://127.0.0.1:1"], 1, "hosts, line 2: unknown option \"thread\"; did you mean \"threads\"?"),
                (["up", hosts], 2, "--connect ENDPOINT is missing"), (["up"], 2, "HOSTS is missing"),
                (["up", hosts, "--connect", "tcp://a:1", "--resume"], 2, "--resume is for a coordinator"),
                (["up", hosts, "--connect", "tcp://a:1", "--bind", "tcp://*:1"], 2, "--bind is for a coordinator"),
                (["up", hosts, "fashion-demoo", "--connect", "tcp://a:1"], 1, "fashion-demo"),
            ] {
                let outcome = try runFilterscope(arguments)
                #expect(outcome.status == Int32(status) && outcome.stderr.contains(words), "\(arguments): \(outcome.status) \(outcome.stderr)")
            }
            #expect(try runFilterscope(["down", directory.file("none")]).stdoutText.hasPrefix("nothing is up"))
            let good = try directory.write(Data("a\n".utf8), to: "good")
            for endpoint in ["tcp://*:5", "tcp://a:*", "ipc:///x"] {
                let outcome = try runFilterscope(["up", good, "--connect", endpoint])
                #expect(outcome.status == 1 && outcome.stderr.contains("is no address to connect to"), "\(outcome.stderr)")
            }
            #expect(!FileManager.default.fileExists(atPath: good + ".up"))
        }
    }
}

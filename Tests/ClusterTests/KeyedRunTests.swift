import Foundation
import Messages
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// Runs with keys: the same bits, and nobody unknown.
    @Suite struct KeyedRunTests {
        private func makeKeys(_ trial: Trial, _ workers: String...) throws -> String {
            let keys = trial.temporary.file("keys")
            try trial.expectSuccess(try trial.start(["keygen", keys]).wait(timeout: 60))
            for worker in workers { try trial.expectSuccess(try trial.start(["keygen", keys, worker, "--add", "worker"]).wait(timeout: 60)) }
            return keys
        }

        private func worker(_ name: String, _ trial: Trial, at endpoint: String, keys: String, giveUp: Int = 60) throws -> RunningProcess {
            try trial.start([
                "worker", "--connect", endpoint, "--name", name, "--threads", "1", "--give-up", "\(giveUp)", "--keys", keys,
            ])
        }

        private func ask(_ trial: Trial, _ arguments: String...) throws -> ProcessOutcome { try trial.start(arguments).wait(timeout: 60) }

        @Test func aRunWithKeysGivesTheSameBits() throws {
            let trial = try Trial()
            let keys = try makeKeys(trial, "anna")
            let (coordinator, endpoint) = try trial.coordinator("--keys", keys)
            let workers = try [
                worker("anna", trial, at: endpoint, keys: keys + "/anna"), worker("bert", trial, at: endpoint, keys: keys),
            ]
            try trial.waitForStep(2, coordinator)

            // It waits until everybody has asked.
            let pause = try ask(trial, "pause", "--connect", endpoint, "--keys", keys)
            #expect(pause.status == 0, "\(pause.stderr)")
            // Observers see, operators too; nobody else does.
            let status = try ask(trial, "status", "--connect", endpoint, "--keys", keys, "--json")
            #expect(try JSONDecoder().decode(StatusReport.self, from: status.stdout).workers.count == 2, "\(status.stderr)")
            let blind = try ask(trial, "status", "--connect", endpoint)
            #expect(blind.status == 1 && blind.stderr.contains("--keys DIR"), "\(blind.stderr)")
            // A worker's machine cannot ask: its directory has no observer's key.
            let nosy = try ask(trial, "logs", "--connect", endpoint, "--keys", keys + "/anna")
            #expect(nosy.status == 1 && nosy.stderr.contains("observer.key"), "\(nosy.stderr)")
            // An observer's key under an operator's name gives no commands.
            let forged = trial.temporary.file("forged")
            try FileManager.default.copyItem(atPath: keys, toPath: forged)
            try FileManager.default.removeItem(atPath: forged + "/operator.key")
            try FileManager.default.copyItem(atPath: keys + "/observer.key", toPath: forged + "/operator.key")
            let stop = try ask(trial, "stop", "--connect", endpoint, "--keys", forged)
            #expect(stop.status == 1 && stop.stderr.contains("a key of the role observer may not send command"), "\(stop.stderr)")
            let resume = try ask(trial, "resume", "--connect", endpoint, "--keys", keys)
            #expect(resume.status == 0, "\(resume.stderr)")

            try trial.expectUndisturbedResults(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            let log = try trial.log().map(\.record)
            #expect(Set(log.filter { $0.message == "worker has shown a key" }.compactMap { $0.fields["key"] }) == ["anna", "worker"])
        }

        @Test func whoHasNoListedKeyIsTurnedAwayInBoundedTime() throws {
            let trial = try Trial()
            let keys = try makeKeys(trial)
            let others = trial.temporary.file("others")
            try trial.expectSuccess(try ask(trial, "keygen", others))
            let (coordinator, endpoint) = try trial.coordinator("--keys", keys)

            // The right coordinator, an unknown key: at once, with the line that would admit it.
            let unknown = trial.temporary.file("unknown")
            try FileManager.default.copyItem(atPath: others, toPath: unknown)
            try FileManager.default.removeItem(atPath: unknown + "/coordinator.pub")
            try FileManager.default.copyItem(atPath: keys + "/coordinator.pub", toPath: unknown + "/coordinator.pub")
            var outcome = try worker("eve", trial, at: endpoint, keys: unknown).wait(timeout: 30)
            #expect(outcome.status == 1)
            let line = try #require(try String(contentsOfFile: others + "/allowed", encoding: .utf8).split(separator: "\n").first { $0.hasPrefix("worker ") })
            #expect(outcome.stderr.contains("does not admit this key") && outcome.stderr.contains(line), "\(outcome.stderr)")

            // Another coordinator's public key, or none: the handshake fails, and the wait ends when it was told to.
            outcome = try worker("eve", trial, at: endpoint, keys: others, giveUp: 3).wait(timeout: 40)
            #expect(outcome.status == 1 && outcome.stderr.contains("is coordinator.pub that of the coordinator"), "\(outcome.stderr)")
            outcome = try trial.worker("eve", at: endpoint, giveUp: 3).wait(timeout: 40)
            #expect(outcome.status == 1 && outcome.stderr.contains("--keys DIR"), "\(outcome.stderr)")

            // With the line in the list, without a restart, it is welcome.
            let list = try FileHandle(forWritingTo: URL(fileURLWithPath: keys + "/allowed"))
            try list.seekToEnd()
            try list.write(contentsOf: Data("\(line.dropLast("worker".count))eve\n".utf8))
            try waitUntil("the list is read again") { try trial.log().contains { $0.record.message == "allow list read again" } }
            let eve = try worker("eve", trial, at: endpoint, keys: unknown)
            try trial.waitForWorker("eve", coordinator)
            // Strangers have learned nothing and disturbed nothing.
            let log = try trial.log().map(\.record)
            #expect(log.contains { $0.fields["refusal"] == "unknown-key" || $0.message.contains("its key is not admitted") })
            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try eve.wait(timeout: 20).status == 0)
        }

        @Test func aRevokedWorkerIsCutOffInMidRun() throws {
            // Long enough for the list to be read again before it ends, even on a fast machine.
            func long(_ recipe: inout [String: Any]) { recipe["training"] = ["epochs": 24, "translation": 2, "evaluateEvery": 0] }
            let reference = try Trial(change: long)
            try reference.expectSuccess(try reference.run(workers: 2).wait())
            let trial = try Trial(change: long)
            let keys = try makeKeys(trial, "anna", "bert")
            let (coordinator, endpoint) = try trial.coordinator("--keys", keys)
            let anna = try worker("anna", trial, at: endpoint, keys: keys + "/anna")
            let bert = try worker("bert", trial, at: endpoint, keys: keys + "/bert")
            try trial.waitForWorker("anna", coordinator)
            try trial.waitForWorker("bert", coordinator)
            try trial.waitForStep(3, coordinator)
            let start = ContinuousClock.now
            try trial.expectSuccess(try ask(trial, "keygen", keys, "anna", "--revoke"))
            let outcome = try anna.wait(timeout: 30)
            // Well below the time after which a silent worker is missed, on a loaded machine.
            #expect(start.duration(to: .now) < .seconds(20))
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("not admitted any more") || outcome.stderr.contains("does not admit this key"), "\(outcome.stderr)")
            try trial.expectSuccess(try coordinator.wait())
            #expect(try Figures(runDirectory: trial.runPath) == Figures(runDirectory: reference.runPath))
            #expect(try bert.wait(timeout: 20).status == 0)
            let left = try trial.log().map(\.record).filter { $0.message == "worker left" && $0.fields["worker.name"] == "anna" }
            #expect(left.map { $0.fields["reason"] } == ["its key was revoked"])
            // And it does not come back.
            #expect(try trial.journal().workers().filter { $0.name == "anna" }.count == 1)
        }

        @Test func anOpenAddressIsWarnedOf() throws {
            let trial = try Trial()
            let process = try trial.start(["coordinator", trial.recipePath, "--bind", "tcp://0.0.0.0:*", "--insecure", "--run", trial.runPath])
            try waitUntil("the warning") { process.stderr.contains("anybody who reaches this address can join the run") }
            process.signal(SIGINT)
            #expect(try process.wait(timeout: 30).status == 130)
        }
    }
}

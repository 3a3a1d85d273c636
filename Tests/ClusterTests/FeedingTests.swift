import Diagnostics
import Foundation
import Messages
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// Samples sent ahead, sent when they are due, or read from a worker's own copy: the same bits.
    @Suite struct FeedingTests {
        private let directory: TemporaryDirectory

        /// Three labels of 30 training and 10 validation images of different sizes, and small IDX files.
        init() throws {
            directory = try TemporaryDirectory("feeding ü")
            for (split, count) in [("train", 30), ("val", 10)] {
                for label in 0..<3 {
                    let folder = directory.file("pictures/\(split)/label \(label)")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    for number in 0..<count {
                        let file = try JPEGFile.make(width: 40 + number, height: 60 - number, seed: 7 * label + number % 3)
                        try file.write(to: URL(fileURLWithPath: "\(folder)/\(number).jpg"))
                    }
                }
            }
            try FileManager.default.createDirectory(atPath: directory.file("digits"), withIntermediateDirectories: true)
            for (prefix, count) in [("train", 200), ("t10k", 50)] {
                let pixels = (0..<count * 28 * 28).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 256) }
                try idx([UInt32(count), 28, 28], pixels).write(to: URL(fileURLWithPath: directory.file("digits/\(prefix)-images-idx3-ubyte")))
                let labels = (0..<count).map { UInt8($0 * 7 % 10) }
                try idx([UInt32(count)], labels).write(to: URL(fileURLWithPath: directory.file("digits/\(prefix)-labels-idx1-ubyte")))
            }
        }

        private func idx(_ dimensions: [UInt32], _ body: [UInt8]) -> Data {
            var data = Data([0, 0, 8, UInt8(dimensions.count)])
            for dimension in dimensions { data.append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: dimension >> $0) }) }
            return data + body
        }

        private var pictures: String { "folder:\(directory.path)/pictures?size=32" }
        private var digits: String { "mnist:\(directory.path)/digits" }

        private func trial(_ dataset: String, ahead: Int = 256, epochs: Int = 3) throws -> Trial {
            try Trial { recipe in
                recipe["dataset"] = dataset
                recipe["training"] = ["epochs": epochs, "batchSize": 45, "shardSize": 15, "evaluateEvery": 1]
                recipe["heads"] = ["epochs": 1, "augment": true]
                recipe["cluster"] = [
                    "heartbeatSeconds": 0.25, "workerTimeoutSeconds": 4, "unitAttempts": 50, "samplesAheadMegabytes": ahead,
                ]
            }
        }

        /// A copy of everything, elsewhere.
        private func copy() throws -> TemporaryDirectory {
            let copy = try TemporaryDirectory("copy of the feeding")
            for name in ["pictures", "digits"] { try FileManager.default.copyItem(atPath: directory.file(name), toPath: copy.file(name)) }
            return copy
        }

        private func undisturbed(_ dataset: String) throws -> Figures {
            let trial = try trial(dataset, ahead: 0)
            try trial.expectSuccess(try trial.run(workers: 1).wait())
            return try Figures(runDirectory: trial.runPath)
        }

        private func worker(_ trial: Trial, _ name: String, at endpoint: String, data: String, threads: Int = 1) throws -> RunningProcess {
            try trial.start([
                "worker", "--connect", endpoint, "--name", name, "--threads", "\(threads)", "--data", data,
            ])
        }

        private func messages(_ trial: Trial, _ level: LogLevel? = nil) throws -> [LogRecord] {
            try trial.log().map(\.record).filter { level == nil || $0.level == level }
        }

        @Test func samplesSentAheadGiveTheSameBits() throws {
            for dataset in [pictures, digits] {
                let alone = try undisturbed(dataset)
                let trial = try trial(dataset)
                try trial.expectSuccess(try trial.run(workers: 2, threads: 2).wait())
                #expect(try Figures(runDirectory: trial.runPath) == alone)
                let fed = try trial.journal().feeding()
                #expect(fed.count == 2 && fed.allSatisfy { $0.laneSeconds > 0 && $0.waitedSeconds >= 0 && $0.waitedSeconds <= $0.laneSeconds })
                let outcome = try runFilterscope(["status", "--json", "--run", trial.runPath])
                let report = try JSONDecoder().decode(StatusReport.self, from: outcome.stdout)
                let share = try #require(report.waitingShare)
                #expect(share >= 0 && share < 1 && report.damagedSamples == 0)
                #expect(try runFilterscope(["status", "--run", trial.runPath]).stdoutText.contains("of lanes' time, for samples"))
            }
        }

        /// One worker is fed, one reads a copy that it is given the path of, one that it is given the specification of.
        @Test(arguments: [true, false]) func workersWithACopyGiveTheSameBits(areFiles: Bool) throws {
            let copy = try copy()
            let (dataset, folder) = areFiles ? (pictures, copy.file("pictures")) : (digits, copy.file("digits"))
            let alone = try undisturbed(dataset)
            let trial = try trial(dataset, epochs: 3)
            let (coordinator, endpoint) = try trial.coordinator()
            let workers = try [
                trial.worker("fed", at: endpoint), worker(trial, "path", at: endpoint, data: folder),
                worker(trial, "specification", at: endpoint, data: areFiles ? "folder:\(folder)" : "mnist:\(folder)", threads: 2),
            ]
            try trial.expectSuccess(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            #expect(try Figures(runDirectory: trial.runPath) == alone)
        }

        /// The coordinator's own files are gone, and the run goes on: the worker really reads its copy, and gets indices.
        @Test func aWorkerWithACopyNeedsNoSamples() throws {
            let copy = try copy()
            let alone = try undisturbed(pictures)
            let trial = try trial(pictures)
            let (coordinator, endpoint) = try trial.coordinator()
            let own = try worker(trial, "own", at: endpoint, data: copy.file("pictures"))
            try waitUntil("the worker reads its own data") {
                guard coordinator.isRunning else { throw Disturbed("ended before the worker had opened its data", coordinator) }
                return try messages(trial).contains { $0.message == "worker reads its own data" && $0.fields["splits"] == "test train" }
            }
            let report = try JSONDecoder().decode(
                StatusReport.self, from: try runFilterscope(["status", "--json", "--connect", endpoint]).stdout)
            #expect(report.workers.first?.readsOwnData == true)
            try FileManager.default.removeItem(atPath: directory.file("pictures"))
            try trial.expectSuccess(try coordinator.wait())
            #expect(try own.wait(timeout: 20).status == 0)
            #expect(try Figures(runDirectory: trial.runPath) == alone)
        }

        /// One has nothing at all, one a copy with a file of another size: both say so, and are fed.
        @Test func workersWithoutTheDataOrWithOtherDataSaySoAndAreFed() throws {
            let copy = try copy()
            let changed = copy.file("pictures/train/label 1/7.jpg")
            try JPEGFile.make(width: 33, height: 44, seed: 99).write(to: URL(fileURLWithPath: changed))
            let alone = try undisturbed(pictures)
            let trial = try trial(pictures, epochs: 20)
            let (coordinator, endpoint) = try trial.coordinator()
            let workers = try [
                worker(trial, "without", at: endpoint, data: "/nowhere/at all"),
                worker(trial, "other", at: endpoint, data: copy.file("pictures")),
            ]
            try trial.expectSuccess(try coordinator.wait())
            for worker in workers { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            let warnings = try messages(trial, .warning).filter { $0.message == "this worker's own data is not used; samples are sent to it" }
            #expect(warnings.contains { $0.source == "without" && $0.fields["cause"]?.contains("/nowhere/at all") == true })
            #expect(warnings.contains { $0.source == "other" && $0.fields["split"] == "train" && $0.fields["differs"] == "sizes" })
            // Its validation images are the same.
            #expect(try messages(trial).contains { $0.message == "worker reads its own data" && $0.fields["splits"] == "test" })
            let same = try self.trial(pictures, ahead: 0, epochs: 20)
            try same.expectSuccess(try same.run(workers: 1).wait())
            let figures = try Figures(runDirectory: trial.runPath)
            #expect(figures == (try Figures(runDirectory: same.runPath)) && figures != alone)
        }

        /// The copy looks the same and is damaged inside: the worker finds out, and is fed from then on.
        @Test func aDamagedCopyIsGivenUp() throws {
            let copy = try copy()
            for number in 0..<30 {
                let path = copy.file("pictures/train/label 2/\(number).jpg")
                try JPEGFile.damaged(try Data(contentsOf: URL(fileURLWithPath: path))).write(to: URL(fileURLWithPath: path))
            }
            let alone = try undisturbed(pictures)
            let trial = try trial(pictures)
            let (coordinator, endpoint) = try trial.coordinator()
            let own = try worker(trial, "own", at: endpoint, data: copy.file("pictures"))
            try trial.expectSuccess(try coordinator.wait())
            #expect(try own.wait(timeout: 20).status == 0)
            #expect(try Figures(runDirectory: trial.runPath) == alone)
            let warning = try messages(trial, .warning).first { $0.message.contains("is not used any more") }
            #expect(warning?.fields["cause"]?.contains("label 2/") == true && warning?.fields["split"] == "train")
        }

        @Test func damagedSamplesAreNamedAndCounted() throws {
            for name in ["train/label 1/4.jpg", "val/label 0/3.jpg"] {
                let path = directory.file("pictures/\(name)")
                try JPEGFile.damaged(try Data(contentsOf: URL(fileURLWithPath: path))).write(to: URL(fileURLWithPath: path))
            }
            let strict = try trial(pictures)
            let fatal = try strict.run(workers: 1).wait()
            #expect(fatal.status == 1)
            #expect(fatal.stderr.contains("pictures/train/label 1/4.jpg: the JPEG file is damaged"), "\(fatal.stderr)")
            let failures = try messages(strict).filter { $0.message == "unit failed" && $0.source == "coordinator" }
            #expect(failures.count == 1, "what is damaged is not tried again")

            let lenient = try trial(pictures + "&damaged=skip")
            try lenient.expectSuccess(try lenient.run(workers: 2).wait())
            let damaged = try lenient.journal().damagedSamples()
            #expect(damaged.map(\.split) == ["test", "train"])
            #expect(damaged.map { $0.name.hasSuffix("val/label 0/3.jpg") || $0.name.hasSuffix("train/label 1/4.jpg") } == [true, true])
            let warnings = try messages(lenient, .warning).filter { $0.message == "damaged sample left out" }
            #expect(Set(warnings.compactMap { $0.fields["file"] }) == Set(damaged.map(\.name)) && warnings.count == 2)
            let summary = try #require(try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: lenient.runPath + "/results/summary.json"))) as? [String: Any])
            #expect(summary["damaged_samples"] as? Int == 2)
            // 29 images were counted, not 30.
            let accuracy = try #require(summary["test_accuracy"] as? Double)
            #expect(abs(accuracy * 29 - (accuracy * 29).rounded()) < 1e-9)
            let report = try JSONDecoder().decode(
                StatusReport.self, from: try runFilterscope(["status", "--json", "--run", lenient.runPath]).stdout)
            #expect(report.damagedSamples == 2)
        }

        /// A file that cannot be read ends the run with its name; when it is back the run goes on to the same bits.
        @Test func aReadErrorEndsTheRunWhichGoesOnAfterwards() throws {
            let long = try trial(pictures, epochs: 60)
            try long.expectSuccess(try long.run(workers: 1).wait())
            let trial = try trial(pictures, epochs: 60)
            let run = try trial.run(workers: 2)
            try trial.waitForStep(7, run)
            let (path, aside) = (directory.file("pictures/train/label 0/9.jpg"), directory.file("9.jpg"))
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            let outcome = try run.wait()
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("train/label 0/9.jpg: cannot be read") && outcome.stderr.contains("--resume"), "\(outcome.stderr)")
            try FileManager.default.moveItem(atPath: aside, toPath: path)
            try trial.expectSuccess(try trial.run(workers: 2, "--resume").wait())
            #expect(try Figures(runDirectory: trial.runPath) == Figures(runDirectory: long.runPath))
            #expect(try messages(trial).contains { $0.message == "resuming" })
        }

        /// A worker dies with samples of the next step in its hands.
        @Test func aKilledWorkersSamplesGoToTheOther() throws {
            let alone = try trial(pictures, ahead: 0, epochs: 40)
            try alone.expectSuccess(try alone.run(workers: 1).wait())
            let trial = try trial(pictures, epochs: 40)
            let (coordinator, endpoint) = try trial.coordinator()
            let first = try trial.worker("first", at: endpoint)
            let second = try trial.worker("second", at: endpoint)
            try trial.waitForWorker("first", coordinator)
            try trial.waitForWorker("second", coordinator)
            try trial.waitForStep(6, coordinator)
            first.signal(SIGKILL)
            try trial.expectSuccess(try coordinator.wait())
            #expect(try second.wait(timeout: 20).status == 0)
            #expect(try Figures(runDirectory: trial.runPath) == Figures(runDirectory: alone.runPath))
        }
    }
}

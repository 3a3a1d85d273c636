import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Runs on JPEG files: their bytes travel, workers decode them.
    @Suite struct PhotographTests {
        private let directory: TemporaryDirectory

        /// Three labels of 30 training and 10 validation images of different sizes.
        init() throws {
            directory = try TemporaryDirectory("photographs ü")
            for (split, count) in [("train", 30), ("val", 10)] {
                for label in 0..<3 {
                    let folder = directory.file("\(split)/label \(label)")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    for number in 0..<count {
                        let file = try JPEGFile.make(width: 40 + number, height: 60 - number, seed: 7 * label + number % 3)
                        try file.write(to: URL(fileURLWithPath: "\(folder)/\(number).jpg"))
                    }
                }
            }
        }

        private func trial(_ options: String = "") throws -> Trial {
            try Trial { recipe in
                recipe["dataset"] = "folder:\(directory.path)?size=32\(options)"
                recipe["training"] = ["epochs": 2, "batchSize": 45, "shardSize": 15, "evaluateEvery": 0]
                recipe["heads"] = ["epochs": 1, "augment": true]
            }
        }

        private func spoil(_ name: String) throws {
            let path = directory.file(name)
            let file = try Data(contentsOf: URL(fileURLWithPath: path))
            try JPEGFile.damaged(file).write(to: URL(fileURLWithPath: path))
        }

        private func figures(_ trial: Trial, workers: Int, threads: Int = 1) throws -> Figures {
            try trial.expectSuccess(try trial.run(workers: workers, threads: threads).wait())
            return try Figures(runDirectory: trial.runPath)
        }

        @Test func theBitsDoNotDependOnWorkers() throws {
            let one = try figures(try trial(), workers: 1)
            #expect(try figures(try trial(), workers: 2) == one)
            #expect(try figures(try trial(), workers: 1, threads: 2) == one)
        }

        @Test func damagedImagesEndTheRunOrAreLeftOutByChoice() throws {
            try spoil("train/label 1/4.jpg")
            try Data().write(to: URL(fileURLWithPath: directory.file("train/label 2/7.jpg")))
            let strict = try trial()
            let fatal = try strict.run(workers: 1).wait()
            #expect(fatal.status == 1)
            #expect(fatal.stderr.contains("the JPEG file is damaged") || fatal.stderr.contains("the file is empty"), "\(fatal.stderr)")
            let one = try figures(try trial("&damaged=skip"), workers: 1)
            #expect(try figures(try trial("&damaged=skip"), workers: 2) == one)
        }

        @Test func anImageThatVanishesInMidRunEndsItWithItsName() throws {
            let trial = try Trial { recipe in
                recipe["dataset"] = "folder:\(directory.path)?size=32"
                recipe["training"] = ["epochs": 2_000, "batchSize": 45, "shardSize": 15, "evaluateEvery": 0]
            }
            let run = try trial.run(workers: 1)
            try trial.waitForStep(3, run)
            try FileManager.default.removeItem(atPath: directory.file("train/label 0/9.jpg"))
            let outcome = try run.wait()
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("train/label 0/9.jpg: cannot be read"), "\(outcome.stderr)")
        }
    }
}

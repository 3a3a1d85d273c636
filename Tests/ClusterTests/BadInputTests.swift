import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Data and recipes that cannot be used: the run ends before it begins, and says which file or field it is.
    @Suite struct BadInputTests {
        private static let source = "/usr/share/datasets/fashion-mnist/"
        private static let testImages = "t10k-images-idx3-ubyte.gz"
        private static let trainImages = "train-images-idx3-ubyte.gz"

        @Test(arguments: ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
        func aMissingFileIsNamed(_ name: String) throws {
            try expectFault(naming: [name, "is missing"]) { data in
                try FileManager.default.removeItem(atPath: data.file(name + ".gz"))
            }
        }

        @Test func aTruncatedFileIsNamed() throws {
            try expectFault(naming: [Self.testImages]) { data in
                let bytes = try Data(contentsOf: URL(fileURLWithPath: data.file(Self.testImages)))
                try data.write(bytes.prefix(bytes.count / 2), to: Self.testImages)
            }
        }

        @Test func aTruncatedPlainFileIsNamed() throws {
            try expectFault(naming: ["t10k-labels-idx1-ubyte"]) { data in
                try FileManager.default.removeItem(atPath: data.file("t10k-labels-idx1-ubyte.gz"))
                // The header of 10,000 labels, and 9,000 of them.
                try data.write(Data([0, 0, 8, 1, 0, 0, 0x27, 0x10]) + Data(count: 9000), to: "t10k-labels-idx1-ubyte")
            }
        }

        @Test func aFlippedBitIsNoticed() throws {
            try expectFault(naming: [Self.trainImages]) { data in
                var bytes = try Data(contentsOf: URL(fileURLWithPath: data.file(Self.trainImages)))
                bytes[bytes.count / 2] ^= 0x04
                try data.write(bytes, to: Self.trainImages)
            }
        }

        @Test func somethingElseUnderTheNameIsNamed() throws {
            try expectFault(naming: [Self.testImages]) { data in
                try data.write(Data("<html>moved</html>".utf8), to: Self.testImages)
            }
        }

        @Test(arguments: [
            (#"{"training": {"epoch": 4}}"#, [#""training.epoch""#, #"did you mean "training.epochs"?"#]),
            (#"{"trainig": {"epochs": 4}}"#, [#""trainig""#, #"did you mean "training"#]),
            (#"{"training": {"epochs": "four"}}"#, [#""training.epochs" needs a whole number"#, #""four""#]),
            (#"{"model": {"name": "vgg12"}}"#, [#""model.name""#, "vgg11"]),
            (#"{"training": {"batchSize": 90}}"#, ["training.batchSize", "training.shardSize"]),
            (#"{"training": "#, ["line 1"]),
        ])
        func aFaultyRecipeIsNamed(_ text: String, _ expected: [String]) throws {
            let trial = try Trial()
            try Data(text.utf8).write(to: URL(fileURLWithPath: trial.recipePath))
            let outcome = try trial.run().wait(timeout: 30)
            #expect(outcome.status == 1)
            for part in [trial.recipePath] + expected { #expect(outcome.stderr.contains(part), "\(outcome.stderr)") }
            #expect(!FileManager.default.fileExists(atPath: trial.runPath))
        }

        @Test func aRunDoesNotGoOnUnderAnotherRecipe() throws {
            let trial = try Trial()
            let (coordinator, _) = try trial.coordinator()
            coordinator.signal(SIGINT)
            #expect(try coordinator.wait(timeout: 20).status == 130)

            let text = try String(contentsOfFile: trial.recipePath, encoding: .utf8)
            let other = text.replacingOccurrences(of: #""translation":2"#, with: #""translation":3"#)
            try #require(other != text)
            try Data(other.utf8).write(to: URL(fileURLWithPath: trial.recipePath))
            let outcome = try trial.run("--resume").wait(timeout: 30)
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("training.translation was 2, is 3"), "\(outcome.stderr)")
            #expect(outcome.stderr.contains(trial.runPath + "/recipe.json"), "\(outcome.stderr)")

            // How the work is dealt may change.
            let faster = text.replacingOccurrences(of: #""unitAttempts":50"#, with: #""unitAttempts":40"#)
            try #require(faster != text)
            try Data(faster.utf8).write(to: URL(fileURLWithPath: trial.recipePath))
            try trial.expectUndisturbedResults(try trial.run("--resume").wait())
        }

        /// Runs on a directory of IDX files that `damage` has been at.
        private func expectFault(
            naming expected: [String], sourceLocation: SourceLocation = #_sourceLocation, damage: (TemporaryDirectory) throws -> Void
        ) throws {
            let trial = try Trial()
            let data = try TemporaryDirectory("filterscope-data")
            // The test split stands for both, since it is smaller.
            for part in ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"] {
                for split in ["train", "t10k"] {
                    try FileManager.default.copyItem(atPath: "\(Self.source)t10k-\(part)", toPath: data.file("\(split)-\(part)"))
                }
            }
            try damage(data)
            let outcome = try trial.run("--dataset", "mnist:\(data.path)").wait(timeout: 60)
            #expect(outcome.status == 1, sourceLocation: sourceLocation)
            for part in [data.path] + expected {
                #expect(outcome.stderr.contains(part), "\(outcome.stderr)", sourceLocation: sourceLocation)
            }
            #expect(!FileManager.default.fileExists(atPath: trial.runPath), sourceLocation: sourceLocation)
        }
    }
}

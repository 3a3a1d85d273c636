import Foundation
import Tensors
import TestSupport
import Testing

extension ClusterTests {
    /// What recipes ask of training reaches the workers, and the bits stay those of one worker.
    @Suite struct RecipeFieldsTests {
        private func figures(_ trial: Trial, workers: Int = 1, threads: Int = 1) throws -> Figures {
            try trial.expectSuccess(try trial.run(workers: workers, threads: threads).wait())
            return try Figures(runDirectory: trial.runPath)
        }

        private func trial(_ training: [String: Any], heads: [String: Any] = ["epochs": 1, "augment": true]) throws -> Trial {
            try Trial { recipe in
                recipe["dataset"] = "fashion-mnist?train=300&test=100"
                recipe["training"] = ["epochs": 2, "translation": 2, "evaluateEvery": 0].merging(training) { $1 }
                recipe["heads"] = heads
            }
        }

        private static var everything: [String: Any] { [
            "cropLeastArea": 0.5, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "mixup": 0.4, "cutMix": 1,
            "order": "balanced", "schedule": "one-cycle",
        ] }

        @Test func everythingAtOnceGivesTheSameBits() throws {
            let one = try figures(try trial(Self.everything))
            #expect(try figures(try trial(Self.everything), workers: 2) == one)
            #expect(try figures(try trial(Self.everything), workers: 1, threads: 2) == one)
        }

        /// Each field changes the weights of the network, and of the heads where they augment.
        @Test(arguments: [
            ["cropLeastArea": 0.5], ["brightness": 0.4], ["contrast": 0.4], ["mixup": 0.4], ["cutMix": 1.0],
        ])
        func eachFieldTakesPart(_ fields: [String: Double]) throws {
            let plain = try figures(try trial([:]))
            let changed = try figures(try trial(fields))
            #expect(changed.network != plain.network && changed.heads != plain.heads)
            // Untrained networks are the same ones: what the heads see at random is left to tell them apart.
            let heads = try figures(try trial(fields.merging(["epochs": 0]) { $1 }))
            let plainHeads = try figures(try trial(["epochs": 0]))
            #expect(heads.network == plainHeads.network && heads.heads != plainHeads.heads)
        }

        @Test func orderAndScheduleTakePart() throws {
            let plain = try figures(try trial([:]))
            #expect(try figures(try trial(["order": "balanced"])) != plain)
            let trial = try trial(["schedule": "one-cycle", "learningRate": 0.05], heads: ["epochs": 1, "schedule": "one-cycle", "rise": 1])
            #expect(try figures(trial) != plain)
            let rates = try trial.journal().metrics(phase: "training", name: "learning_rate").compactMap(\.value)
            // Six steps, and the peak at 0.3 · 6 − 1 of them.
            #expect(rates.count == 6 && abs(rates[0] - 0.002) < 1e-12 && rates[1] > 0.04 && abs((rates.last ?? 1) - 2e-7) < 1e-12)
            let headRates = try trial.journal().metrics(phase: "heads", name: "learning_rate").compactMap(\.value)
            #expect(headRates.count == 3 && zip(headRates, headRates.dropFirst()).allSatisfy { $0 < $1 } && headRates.last == 0.01)
        }

        /// A plain VGG goes through all phases, and its file is torchvision's: convolutions with biases and no statistics.
        @Test func aNetworkWithoutBatchNorm() throws {
            func plain() throws -> Trial {
                try Trial { recipe in
                    recipe["dataset"] = "fashion-mnist?train=300&test=100"
                    recipe["model"] = ["name": "vgg11", "width": 4, "batchNorm": false]
                    recipe["training"] = ["epochs": 2, "translation": 2, "evaluateEvery": 0]
                    recipe["heads"] = ["epochs": 1]
                }
            }
            let (alone, shared) = (try plain(), try plain())
            #expect(try figures(alone) == figures(shared, workers: 2))
            let names = try SafetensorsFile(path: alone.runPath + "/checkpoints/network.safetensors").entries.map(\.name)
            #expect(names.contains("features.0.bias") && names.contains("features.18.weight"))
            #expect(!names.contains { $0.contains("running_") })
        }

        /// Mixtures of a run that is stopped and goes on are those of one that was not.
        @Test func aStoppedRunOfMixturesGoesOnToTheSameBits() throws {
            let fields: [String: Any] = ["epochs": 20, "mixup": 0.4, "cutMix": 1, "schedule": "one-cycle"]
            let whole = try figures(try trial(fields))
            let stopped = try trial(fields)
            let run = try stopped.run(workers: 2)
            try stopped.waitForStep(7, run)
            run.signal(SIGINT)
            #expect(try run.wait().status == 130)
            try stopped.expectSuccess(try stopped.run(workers: 1, "--resume").wait())
            #expect(try Figures(runDirectory: stopped.runPath) == whole)
        }

        @Test func theDrawOfLabelsIsRecorded() throws {
            let trial = try Trial { recipe in
                recipe["dataset"] = "fashion-mnist?labels=3&seed=5&train=200&test=100"
                recipe["training"] = ["epochs": 1, "evaluateEvery": 0]
                recipe["heads"] = ["epochs": 1]
            }
            _ = try figures(trial)
            let file = URL(fileURLWithPath: trial.runPath + "/results/summary.json")
            let summary = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            let draw = try #require(summary["label_draw"] as? [String: Any])
            let drawn = try #require(draw["drawn"] as? [Int])
            #expect(draw["from"] as? Int == 10 && draw["seed"] as? Int == 5 && Set(drawn).count == 3)
            let text = try #require(try trial.journal().value(for: "label_draw"))
            #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary == draw as NSDictionary)
            let report = try String(contentsOfFile: trial.runPath + "/report.html", encoding: .utf8)
            #expect(report.contains("3 of 10 with seed 5"))
        }

        /// Only the layers that the recipe names get a head, and each head is what it is among all of them.
        @Test func headsAreOfTheLayersNamed() throws {
            func layers(_ text: String) throws -> (names: [String], last: String) {
                let trial = try trial([:], heads: ["epochs": 1, "augment": false, "layers": text])
                _ = try figures(trial)
                let file = try SafetensorsFile(path: trial.runPath + "/checkpoints/heads.safetensors")
                return (try trial.journal().layers().map(\.name), try file.floats("head.conv8.weight").array.description)
            }
            let all = try layers("all")
            #expect(all.names == (1...8).map { "conv\($0)" })
            let last = try layers("last")
            #expect(last.names == ["conv8"] && last.last == all.last)
            let named = try layers("conv8, conv3")
            #expect(named.names == ["conv3", "conv8"] && named.last == all.last)
        }

        @Test(arguments: [
            ("conv9", #"unknown layer "conv9""#, "did you mean \"conv"), ("convv3", #"unknown layer "convv3""#, #"did you mean "conv3"?"#),
            (" , ", "names no layer", "conv1, conv2"),
        ])
        func layersThatTheNetworkHasNotAreRefused(_ text: String, _ what: String, _ remedy: String) throws {
            let trial = try trial([:], heads: ["layers": text])
            let outcome = try trial.run(workers: 1).wait()
            #expect(outcome.status == 1, "\(outcome.stderr)")
            for part in ["heads.layers", what, remedy] { #expect(outcome.stderr.contains(part), "\(outcome.stderr)") }
            #expect(!FileManager.default.fileExists(atPath: trial.runPath))
        }

        @Test func cropsOfWhatIsNoPictureAreRefused() throws {
            let trial = try trial(["hue": 0.1])
            let images = trial.temporary.file("images.safetensors")
            var writer = SafetensorsWriter()
            writer.add("images", [4, 3, 32, 32], randomFloats(4 * 3 * 32 * 32, seed: 1))
            writer.add("labels", [4], [0, 1, 2, 0] as [Int64])
            try writer.write(to: images)
            let outcome = try trial.run(workers: 1, "--dataset", "tensor:\(images)").wait()
            #expect(outcome.status == 1 && outcome.stderr.contains("need pictures in grey or in colour"), "\(outcome.stderr)")
        }
    }
}

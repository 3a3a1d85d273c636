import Foundation
import Tensors
import TestSupport
import Testing

extension ClusterTests {
    /// Other optimizers, schedules, smoothed labels and averaged weights: the bits stay those of one undisturbed worker, and each
    /// field takes part.
    @Suite struct OptimizerRunTests {
        private func trial(_ training: [String: Any], prune: [String: Any] = [:]) throws -> Trial {
            try Trial { recipe in
                recipe["dataset"] = "fashion-mnist?train=300&test=100"
                recipe["training"] = ["epochs": 4, "translation": 2, "evaluateEvery": 1, "learningRate": 0.01].merging(training) { $1 }
                recipe["heads"] = ["epochs": 1, "augment": false, "layers": "last"]
                recipe["prune"] = prune
                recipe["checkpoints"] = ["everySteps": 5, "keep": 10]
            }
        }

        private func figures(_ trial: Trial, workers: Int = 1, threads: Int = 1, _ more: String...) throws -> Figures {
            try trial.expectSuccess(try trial.start(
                ["run", trial.recipePath, "--workers", "\(workers)", "--threads", "\(threads)", "--run", trial.runPath] + more).wait())
            return try Figures(runDirectory: trial.runPath)
        }

        private static var everything: [String: Any] { [
            "optimizer": "rmsprop", "rmsDecay": 0.9, "epsilon": 0.0316, "momentum": 0.9, "weightDecay": 1e-3, "decayNormAndBias": false,
            "schedule": "exponential", "decayFactor": 0.97, "decayEvery": 2, "warmup": 1, "warmupStart": 0.1, "labelSmoothing": 0.1,
            "averageDecay": 0.8, "mixup": 0.4,
        ] }

        private static var adam: [String: Any] { [
            "optimizer": "adamw", "learningRate": 0.002, "weightDecay": 0.05, "schedule": "cosine", "decayUnit": "steps", "warmup": 3,
            "warmupUnit": "steps", "leastLearningRate": 1e-5,
        ] }

        /// Two workers, two threads, and a run that is killed in its middle and goes on.
        private func expectSameBits(_ fields: [String: Any], networks: Int) throws {
            let one = try figures(try trial(fields))
            #expect(try figures(try trial(fields), workers: 2) == one)
            #expect(try figures(try trial(fields), threads: 2) == one)
            // Twelve steps are over soon: the killed run has many more, and is compared with one of its own length.
            let longer = fields.merging(["epochs": 20]) { $1 }
            let stopped = try trial(longer)
            let run = try stopped.run(workers: 2)
            try stopped.waitForStep(17, run)
            let workers = childProcesses(of: run.pid)
            run.signal(SIGKILL)
            #expect(try run.wait().status == 128 + SIGKILL)
            for worker in workers { kill(worker, SIGKILL) }
            let newest = try #require(try stopped.journal().checkpoints().first)
            #expect(newest.phase == "training" && newest.step >= 10 && newest.step < 60)
            let file = try SafetensorsFile(path: stopped.runPath + "/" + newest.path)
            #expect(Set(file.entries.compactMap { $0.name.split(separator: "/").first }).count == networks)
            #expect(try figures(stopped, "--resume") == figures(try trial(longer)))
        }

        @Test func everythingAtOnceGivesTheSameBits() throws {
            // Network, statistics, two of the optimizer, two of the average, heads and their velocity.
            try expectSameBits(Self.everything, networks: 8)
        }

        @Test func adamWithACosineGivesTheSameBits() throws { try expectSameBits(Self.adam, networks: 6) }

        @Test(arguments: [
            ["optimizer": "rmsprop"], ["optimizer": "adamw"], ["decayNormAndBias": "false"], ["warmup": "2"], ["labelSmoothing": "0.1"],
            ["averageDecay": "0.5"], ["schedule": "cosine"], ["schedule": "exponential", "decayEvery": "1"],
        ])
        func eachFieldTakesPart(_ texts: [String: String]) throws {
            var fields: [String: Any] = [:]
            for (name, text) in texts { fields[name] = Double(text) ?? Bool(text) ?? text as Any }
            fields["optimizer"] = fields["optimizer"] ?? "sgd"
            #expect(try figures(try trial(fields)).network != Self.plain.get())
        }

        private static let plain = Result { try OptimizerRunTests().figures(try OptimizerRunTests().trial([:])).network }

        @Test func ratesGoAsTheRecipeSays() throws {
            let trial = try trial(Self.adam)
            _ = try figures(trial)
            let rates = try trial.journal().metrics(phase: "training", name: "learning_rate").compactMap(\.value)
            var expected: [Double] = (0..<3).map { 0.002 * (0.01 + 0.33 * Double($0)) }
            for step in 0..<9 {
                let fall: Double = 1 + cos(Double.pi * Double(step) / 9)
                expected.append(1e-5 + 0.00199 / 2 * fall)
            }
            expectClose(rates, expected, relative: 1e-12)
        }

        /// With a share of 0.0001 that stays, the average is where the weights are, up to that: and it is what is written.
        @Test func theAverageIsWhatTrainingEndsWith() throws {
            func trained(_ decay: Double) throws -> (file: SafetensorsFile, checkpoint: SafetensorsFile) {
                let trial = try trial(["averageDecay": decay])
                _ = try figures(trial)
                // The latest of training, before the average takes the network's place.
                let row = try #require(try trial.journal().checkpoints().first { $0.phase == "training" })
                #expect(row.step == 12)
                return (
                    try SafetensorsFile(path: trial.runPath + "/checkpoints/network.safetensors"),
                    try SafetensorsFile(path: trial.runPath + "/" + row.path))
            }
            let (near, far) = (try trained(1e-4), try trained(0.9))
            for (name, own, average) in [
                ("classifier.bias", "network/", "average/"), ("features.1.running_mean", "statistics/", "average-statistics/"),
            ] {
                func floats(_ run: (file: SafetensorsFile, checkpoint: SafetensorsFile)) throws -> [[Float]] {
                    [
                        try run.file.floats(name).array, try run.checkpoint.floats(average + name).array,
                        try run.checkpoint.floats(own + name).array,
                    ]
                }
                let (near, far) = (try floats(near), try floats(far))
                #expect(near[0] == near[1] && far[0] == far[1])
                expectClose(near[1], near[2], relative: 1e-4)
                #expect(relativeError(far[1], far[2]) > 0.1)
                #expect(far[2] == near[2], "averages change no step")
            }
        }

        /// Retraining by another optimizer, stopped in its middle.
        @Test func retrainingByAdamGoesOn() throws {
            let prune: [String: Any] = [
                "classifier": true, "epochs": 10, "baselines": false, "optimizer": "adamw", "learningRate": 0.001, "warmup": 1,
                "schedule": "step-decay", "decayNormAndBias": false,
            ]
            func rows(_ trial: Trial) throws -> [String] { try trial.journal().prunings().map(\.weightsSHA256) }
            let whole = try trial(["averageDecay": 0.5], prune: prune)
            _ = try figures(whole)
            let stopped = try trial(["averageDecay": 0.5], prune: prune)
            let run = try stopped.run(workers: 2)
            try waitUntil("retraining has taken 7 steps") {
                guard run.isRunning else { throw Disturbed("ended before it was pruned", run) }
                return ((try? stopped.journal().metrics(phase: "prune", name: "loss.afcc-0.3").count) ?? 0) >= 7
            }
            run.signal(SIGINT)
            #expect(try run.wait().status == 130)
            _ = try figures(stopped, "--resume")
            #expect(try rows(stopped) == rows(whole) && rows(whole).count == 1)
            #expect(try stopped.log().contains { $0.record.message == "retraining goes on" })
        }
    }
}

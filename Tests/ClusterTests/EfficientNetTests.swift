import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// EfficientNet-B0 through all phases: the same bits however its shards, its stages' filters and its lives are shared out.
    @Suite struct EfficientNetTests {
        /// 12 steps of the network and four of the heads, with dropout and stochastic depth.
        private func trial() throws -> Trial {
            try Trial { recipe in
                recipe["dataset"] = "fashion-mnist?train=120&test=100"
                recipe["model"] = ["name": "efficientnet-b0"]
                recipe["training"] = ["epochs": 4, "batchSize": 40, "shardSize": 10, "translation": 2, "evaluateEvery": 0]
                recipe["heads"] = ["epochs": 1, "augment": false, "headPool": 4]
                recipe["checkpoints"] = ["everySteps": 3, "keep": 2]
            }
        }

        @Test func theSameBitsByOneWorkerByTwoAndAfterAKill() throws {
            let alone = try trial()
            try alone.expectSuccess(try alone.run(workers: 1).wait(timeout: 120))
            let figures = try Figures(runDirectory: alone.runPath)

            let shared = try trial()
            try shared.expectSuccess(try shared.run(workers: 2, threads: 2).wait(timeout: 120))
            #expect(try Figures(runDirectory: shared.runPath) == figures)

            let killed = try trial()
            let first = try killed.run(workers: 2)
            try killed.waitForStep(5, first)
            first.signal(SIGKILL)
            _ = try first.wait()
            try killed.expectSuccess(try killed.run(workers: 1, threads: 2, "--resume").wait(timeout: 120))
            #expect(try Figures(runDirectory: killed.runPath) == figures)

            // Phases 2 and 3 know the stem, every stage and the head.
            let text = try String(contentsOfFile: alone.runPath + "/results/summary.json", encoding: .utf8)
            let summary = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let layers = try #require(summary?["layers"] as? [[String: Any]])
            #expect(layers.compactMap { $0["layer"] as? String } == ["stem"] + (1...7).map { "stage\($0)" } + ["head"])
        }

        @Test func whatItCannotDoIsSaidBeforeItBegins() throws {
            let width = try Trial { $0["model"] = ["name": "efficientnet-b0", "width": 16] }
            let refused = try width.run(workers: 1).wait()
            #expect(refused.status == 1 && refused.stderr.contains("\"model.width\" is a VGG's"), "\(refused.stderr)")
            let pruned = try Trial {
                $0["model"] = ["name": "efficientnet-b0"]
                $0["prune"] = ["firstConvolution": 3]
            }
            let convolutions = try pruned.run(workers: 1).wait()
            #expect(convolutions.status == 1 && convolutions.stderr.contains("cannot be pruned"), "\(convolutions.stderr)")
        }
    }
}

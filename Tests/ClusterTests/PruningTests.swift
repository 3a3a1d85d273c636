import Foundation
import RunStore
import Tensors
import TestSupport
import Testing

extension ClusterTests {
    /// Phase 5 with real runs of small networks.
    @Suite struct PruningTests {
        private func trial(_ prune: [String: Any]) throws -> Trial {
            try Trial {
                $0["training"] = ["epochs": 1, "translation": 2]
                $0["heads"] = ["epochs": 1, "augment": false]
                $0["analysis"] = ["thresholds": [0.1, 0.5]]
                $0["prune"] = prune
            }
        }

        private let both: [String: Any] = ["classifier": true, "firstConvolution": 6, "epochs": 1]

        @Test func sameBitsAndZerosOutsideTheMask() throws {
            let one = try trial(both)
            try one.expectSuccess(try one.run(workers: 1).wait())
            let two = try trial(both)
            try two.expectSuccess(try two.run(workers: 2).wait())
            let rows = try one.journal().prunings()
            #expect(rows == (try two.journal().prunings()))
            #expect(rows.map(\.method) == ["afcc", "magnitude", "random"])
            #expect(Set(rows.map(\.density)).count == 1, "all methods keep as many connections")
            #expect(try one.journal().thresholdFigures() == two.journal().thresholdFigures())
            #expect(try Set(one.journal().thresholdFigures().map(\.threshold)) == [0.1, 0.5])
            for row in rows {
                let weights = try SafetensorsFile(path: "\(one.runPath)/\(row.weights)")
                let masks = try SafetensorsFile(path: "\(one.runPath)/" + row.weights.replacing(".safetensors", with: ".mask.safetensors"))
                var kept = 0
                #expect(masks.entries.count == 4)
                for entry in masks.entries {
                    let mask = try masks.floats(entry.name).array
                    let values = try weights.floats(entry.name).array
                    let each = values.count / mask.count
                    for (connection, isKept) in mask.enumerated() {
                        let own = values[connection * each..<(connection + 1) * each]
                        if isKept == 0 { #expect(own.allSatisfy { $0 == 0 }) } else { kept += 1 }
                    }
                }
                #expect(abs(Double(kept) / Double(masks.entries.reduce(0) { $0 + $1.shape.count }) - row.density) < 1e-12)
                let evaluated = try runFilterscope([
                    "evaluate", "--model", "vgg11", "--width", "4", "--weights", "\(one.runPath)/\(row.weights)", "--dataset",
                    "fashion-mnist?test=200", "--json", "-", "--quiet",
                ])
                let result = try JSONSerialization.jsonObject(with: evaluated.stdout) as? [String: Any]
                #expect((result?["test_accuracy"] as? NSNumber)?.doubleValue == row.accuracyRetrained)
            }
            let report = try String(contentsOfFile: one.runPath + "/report.html", encoding: .utf8)
            #expect(report.contains("AFCC at threshold"))
            let folder = one.runPath + "/filters"
            let pages = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(pages.count { $0.hasSuffix(".html") } == 8)
            for page in pages where page.hasSuffix(".html") { #expect(report.contains("\"filters/\(page)\"")) }
            try FileManager.default.removeItem(atPath: folder)
            #expect(try runFilterscope(["report", "--run", one.runPath]).status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == pages)
        }

        @Test func interruptedRetrainingGoesOn() throws {
            let undisturbed = try trial(both)
            try undisturbed.expectSuccess(try undisturbed.run(workers: 1).wait())
            let disturbed = try trial(both)
            let first = try disturbed.run()
            try waitUntil("a network is pruned, and another one begun") {
                guard first.isRunning, let journal = try? disturbed.journal() else { return false }
                return try journal.prunings().count >= 1
            }
            first.signal(SIGKILL)
            _ = try first.wait()
            #expect(try disturbed.journal().prunings().count < 3)
            try disturbed.expectSuccess(try disturbed.run("--resume").wait())
            #expect(try disturbed.journal().prunings() == undisturbed.journal().prunings())
        }

        @Test func aFinishedRunIsPrunedLater() throws {
            let together = try trial(both)
            try together.expectSuccess(try together.run(workers: 1).wait())
            let later = try trial([:])
            try later.expectSuccess(try later.run(workers: 1).wait())
            #expect(try later.journal().prunings().isEmpty)
            let nothing = try runFilterscope(["prune", "--run", later.runPath])
            #expect(nothing.status == 2 && nothing.stderr.contains("nothing to prune"))
            try later.expectSuccess(
                try later.start(["prune", "--run", later.runPath, "--classifier", "--first-convolution", "6", "--epochs", "1"]).wait())
            #expect(try later.journal().prunings() == together.journal().prunings())
        }

        @Test(arguments: [
            (1, "all", "before the first convolution there are no filters"), (9, "all", "take 2 to 8"),
            (7, "conv7,conv8", "which has no head"), (7, "conv9", "unknown layer \"conv9\""),
        ])
        func refused(_ first: Int, _ layers: String, _ message: String) throws {
            let trial = try Trial {
                $0["training"] = ["epochs": 1, "translation": 2, "maxSteps": 1]
                $0["heads"] = ["maxSteps": 1, "layers": layers]
                $0["prune"] = ["firstConvolution": first]
            }
            let outcome = try trial.run().wait()
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains(message), "\(outcome.stderr)")
            #expect(trial.stepsTaken(in: "training") == 0, "told before the work begins")
        }
    }
}

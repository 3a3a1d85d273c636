import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// `analyze` on a run: other thresholds, the other split, rows in every format.
    @Suite struct AnalyzeFilesTests {
        @Test func everyFormatSaysTheSame() throws {
            let trial = try Trial { $0["analysis"] = ["thresholds": [0.5]] }
            try trial.expectSuccess(try trial.run(workers: 1).wait())
            let (csv, sqlite, json) = (trial.temporary.file("csv"), trial.temporary.file("a.sqlite"), trial.temporary.file("a.json"))
            let command = ["analyze", "--run", trial.runPath, "--csv", csv, "--sqlite", sqlite, "--json", json, "--quiet"]
            #expect(try runFilterscope(command).status == 0)
            let journal = try JournalReader(path: sqlite)
            // The same split and thresholds as in the run: the same rows, in every place.
            let own = try trial.journal()
            for layer in try own.layers() { #expect(try journal.filters(layer: layer.layer) == own.filters(layer: layer.layer)) }
            #expect(try journal.thresholdFigures() == own.thresholdFigures())
            for name in ["filters.csv", "clusters.csv", "thresholds.csv"] {
                #expect(
                    try String(contentsOfFile: "\(csv)/\(name)", encoding: .utf8)
                        == String(contentsOfFile: "\(trial.runPath)/results/\(name)", encoding: .utf8))
            }
            let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json))) as? [String: Any]
            #expect((document?["thresholds"] as? [Any])?.count == 1)

            let again = try runFilterscope(command)
            #expect(again.status == 1 && again.stderr.contains("is there already"))
            let train = try runFilterscope(["analyze", "--run", trial.runPath, "--split", "train", "--json", "-", "--quiet"])
            #expect(train.status == 0)
            #expect(train.stdout != (try Data(contentsOf: URL(fileURLWithPath: json))), "another split, other figures")
        }

        @Test(arguments: [
            (["--thresholds", "0.2,1"], "--thresholds needs numbers"), (["--thresholds", "0"], "--thresholds needs numbers"),
            (["--split", "validation"], "--split needs one of"),
        ])
        func refused(_ options: [String], _ message: String) throws {
            let outcome = try runFilterscope([
                "analyze", "--model", "vgg11", "--weights", "w", "--heads", "h", "--dataset", "fashion-mnist",
            ] + options)
            #expect(outcome.status == 2)
            #expect(outcome.stderr.contains(message))
        }
    }
}

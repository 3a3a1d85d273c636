import Foundation
import TestSupport
import Testing

/// What `recipes` and `datasets` print.
@Suite struct UsageListingTests {
    private func json(_ arguments: [String]) throws -> Any {
        let outcome = try runFilterscope(arguments)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return try JSONSerialization.jsonObject(with: outcome.stdout)
    }

    @Test func recipesAreListed() throws {
        let outcome = try runFilterscope(["recipes"])
        #expect(outcome.status == 0)
        #expect(outcome.stdoutText.contains("fashion-demo"))
        let recipes = try #require(try json(["recipes", "--json"]) as? [[String: Any]])
        #expect(
            recipes.compactMap { $0["name"] as? String }
                == ["fashion-demo", "fashion-smoke", "tiny-imagenet", "efficientnet-tiny-imagenet", "vgg16-cifar10", "vgg16-cifar100",
                    "efficientnet-b0-imagenet", "labels-sweep-fashion", "labels-sweep-tiny-imagenet", "labels-sweep-cifar100", "labels-sweep-imagenet", "prune-tiny-imagenet"])
    }

    @Test func printedRecipeIsAFileThatReadsBackTheSame() throws {
        let printed = try runFilterscope(["recipes", "fashion-demo"]).stdout
        let directory = try TemporaryDirectory()
        let path = try directory.write(printed, to: "mine.json")
        #expect(try runFilterscope(["recipes", path]).stdout == printed)
    }

    @Test func faultyRecipeFileIsRefusedWithItsPlace() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Data("{\n  \"training\": {\"epoch\": 3}\n}".utf8), to: "mine.json")
        let outcome = try runFilterscope(["recipes", path])
        #expect(outcome.status == 1)
        #expect(outcome.stderr.contains(
            "\(path), line 2, column 16: unknown field \"training.epoch\"; did you mean \"training.epochs\"?"), "\(outcome.stderr)")
    }

    @Test func everyFieldIsExplained() throws {
        let text = try runFilterscope(["recipes", "--explain"]).stdoutText
        #expect(text.contains("training.learningRate = 0.028\n"))
        let fields = try #require(try json(["recipes", "--explain", "--json"]) as? [[String: Any]])
        #expect(fields.count == text.split(separator: "\n").count / 3)
        #expect(fields.contains { $0["path"] as? String == "training.momentum" && $0["default"] as? Double == 0.9175 })
    }

    @Test func schemaIsJSON() throws {
        let schema = try #require(try json(["recipes", "--schema"]) as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func aDataSetIsInspected() throws {
        let directory = try TemporaryDirectory("inspect")
        let page = directory.file("page.html")
        let specification = "fashion-mnist?train=300&test=50"
        let outcome = try runFilterscope(["datasets", specification, "--sheet", page, "--show", "3"])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stdoutText.contains("train: 300 samples, 235200 bytes") && outcome.stdoutText.contains("300 decoded, 0 broken"))
        #expect(outcome.stdoutText.contains("Ankle boot"))
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.components(separatedBy: "data:image/png;base64,").count == 4)
        let report = try #require(try json(["datasets", specification, "--json", "--check", "0"]) as? [String: Any])
        let splits = try #require(report["splits"] as? [[String: Any]])
        #expect(splits.compactMap { $0["samples"] as? Int } == [300, 50])
        #expect((splits[0]["labelCounts"] as? [Int])?.reduce(0, +) == 300)
        #expect(try runFilterscope(["datasets", "--sheet", page]).status == 2)
        let missing = try runFilterscope(["datasets", "folder:/nowhere"])
        #expect(missing.status == 1 && missing.stderr.contains("/nowhere: there is no such directory"))
    }

    @Test func feedingIsMeasured() throws {
        let measured = try #require(try json([
            "bench", "data", "--dataset", "fashion-mnist?train=200", "--threads", "1", "--runs", "3", "--seconds", "0.05", "--json",
        ]) as? [String: Any])
        for kind in ["training", "evaluation"] {
            let figure = try #require(measured[kind] as? [String: Any])
            #expect((figure["runs"] as? [Double])?.count == 3)
            #expect(try #require(figure["images_per_second"] as? Double) > 0)
        }
        #expect(measured["bytes_per_image"] as? Double == 784)
        let usage = try runFilterscope(["bench", "data"])
        #expect(usage.status == 2 && usage.stderr.contains("--dataset SPEC is missing"), "\(usage.stderr)")
        #expect(try runFilterscope(["bench", "data", "--help"]).stdoutText.contains("Usage: filterscope bench data"))
    }

    @Test func dataSetsAreListedWithTheirPlaces() throws {
        let text = try runFilterscope(["datasets"]).stdoutText
        #expect(text.contains("fashion-mnist") && text.contains("tensor:FILE.safetensors"))
        let entries = try #require(try json(["datasets", "--json"]) as? [[String: Any]])
        #expect(entries.contains { $0["name"] as? String == "fashion-mnist" && $0["labelCount"] as? Int == 10 })
    }
}

import Diagnostics
import Foundation
import Recipes
import Testing

private func read(_ json: String, file: String = "trial.json") throws(Problem) -> Recipe {
    try Recipe(json: Data(json.utf8), file: file)
}

private func problem(_ json: String) -> String {
    do {
        _ = try read(json)
        return "no problem"
    } catch { return error.description }
}

@Suite struct RecipeDecodingTests {
    @Test func emptyObjectGivesEveryDefaultAndTheFilesName() throws {
        var expected = Recipe()
        expected.name = "trial"
        #expect(try read("{}", file: "/some/where/trial.json") == expected)
    }

    @Test func givenFieldsReplaceDefaultsAndNothingElse() throws {
        let recipe = try read(
            #"{"name": "x", "seed": 7, "training": {"learningRate": 1e-2, "decayUnit": "steps", "flip": false}, "model": {"classifier": "mlp", "width": 8.0}}"#)
        #expect(recipe.name == "x")
        #expect(recipe.seed == 7)
        #expect(recipe.training.learningRate == 0.01)
        #expect(recipe.training.decayUnit == .steps)
        #expect(!recipe.training.flip)
        #expect(recipe.model.classifier == .mlp)
        #expect(recipe.model.width == 8)
        #expect(recipe.training.momentum == 0.9175)
    }

    @Test func schemaReferenceForEditorsIsAllowed() throws {
        #expect(try read(#"{"$schema": "recipe.schema.json", "seed": 3}"#).seed == 3)
    }

    @Test(arguments: [
        (
            "{\n  \"training\": {\n    \"learningrate\": 0.1\n  }\n}",
            #"trial.json, line 3, column 5: unknown field "training.learningrate"; did you mean "training.learningRate"?"#
        ),
        (#"{"traning": {}}"#, #"trial.json, line 1, column 2: unknown field "traning"; did you mean "training"?"#),
        (#"{"learningRate": 0.1}"#, #"trial.json, line 1, column 2: unknown field "learningRate"; did you mean "training.learningRate"?"#),
        (#"{"report": {"zzz": 0.1}}"#, #"trial.json, line 1, column 13: unknown field "report.zzz"; known: report.chosenFilters"#),
    ])
    func unknownFieldIsNamedWithTheNearest(_ json: String, _ expected: String) { #expect(problem(json) == expected) }

    @Test(arguments: [
        (
            #"{"training": {"epochs": "three"}}"#,
            #"trial.json, line 1, column 25: "training.epochs" needs a whole number within 0 ... 1000000, not the text "three""#
        ),
        (#"{"training": {"epochs": "3"}}"#, "remove the quotes"),
        (#"{"training": {"epochs": 2.5}}"#, "not the number 2.5"),
        (#"{"training": {"flip": 1}}"#, #""training.flip" needs true or false, not the number 1"#),
        (#"{"training": []}"#, #""training" needs an object in braces, not a list"#),
        (#"{"training": {"epochs": {}}}"#, "not an object"),
        (#"{"name": null}"#, #""name" needs text, not null"#),
        (#"{"model": {"name": "vgg-16"}}"#, #"needs one of "vgg11", "vgg16", "efficientnet-b0", "linear", not the text "vgg-16"; did you mean "vgg16"?"#),
        ("[1]", "a recipe is an object in braces, not a list"),
    ])
    func mistypedValueNamesPathExpectationAndFinding(_ json: String, _ expected: String) {
        #expect(problem(json).contains(expected), "\(problem(json))")
    }

    @Test(arguments: [
        (#"{"training": {"momentum": 1}}"#, #""training.momentum" needs a number from 0 and below 1, not the number 1"#),
        (#"{"training": {"learningRate": 0}}"#, "a number above 0 to 100, not the number 0"),
        (#"{"training": {"learningRate": 1e999}}"#, "not the number 1e999"),
        (#"{"model": {"width": 0}}"#, "a whole number within 1 ... 1024, not the number 0"),
        (#"{"seed": -1}"#, "a whole number of at least 0, not the number -1"),
        (#"{"seed": 99999999999999999999999}"#, "not the number 99999999999999999999999"),
        (#"{"training": {"batchSize": 100, "shardSize": 30}}"#, "is not a multiple of"),
        (#"{"cluster": {"heartbeatSeconds": 10}}"#, "must be more than"),
        (#"{"training": {"cropLeastArea": 0.5, "cropGreatestArea": 0.25}}"#, "0.5 is more than"),
        (#"{"training": {"mixup": 0.001}}"#, "0.001 is neither 0 nor at least 0.01"),
        (#"{"training": {"cutMix": 1, "shardSize": 1}}"#, "mixes the samples of a shard"),
        (#"{"training": {"hue": 0.6}}"#, "a number from 0 to 0.5, not the number 0.6"),
        (#"{"training": {"schedule": "one-cycel"}}"#, "did you mean \"one-cycle\"?"),
        (#"{"training": {"schedule": "cosin"}}"#, "did you mean \"cosine\"?"),
        (#"{"training": {"optimizer": "rmspop"}}"#, #"one of "sgd", "rmsprop", "adamw", not the text "rmspop"; did you mean "rmsprop"?"#),
        (#"{"training": {"labelSmoothing": 1}}"#, "a number from 0 and below 1, not the number 1"),
        (#"{"training": {"averageDecay": -0.1}}"#, "a number from 0 and below 1, not the number -0.1"),
        (#"{"training": {"averagDecay": 0.9}}"#, #"did you mean "training.averageDecay"?"#),
        (#"{"heads": {"optimizer": "adamw"}}"#, #"did you mean "training.optimizer"?"#),
        (#"{"training": {"epsilon": 0}}"#, "not the number 0"),
        (#"{"training": {"schedule": "one-cycle", "warmup": 5}}"#, #""training.warmup" is 5, and "training.schedule" one-cycle rises by itself"#),
        (#"{"training": {"epochs": 4, "warmup": 5}}"#, #""training.warmup" of 5 epochs is longer than "training.epochs" 4"#),
        (
            #"{"heads": {"maxSteps": 100, "warmup": 200, "warmupUnit": "steps"}}"#,
            #""heads.warmup" of 200 steps is longer than "heads.maxSteps" 100"#
        ),
        (
            #"{"prune": {"schedule": "cosine", "learningRate": 0.1, "leastLearningRate": 0.2}}"#,
            #""prune.leastLearningRate" 0.2 is more than "prune.learningRate" 0.1"#
        ),
        (#"{"damaged": "skipped"}"#, #"needs one of "fatal", "skip""#),
    ])
    func valuesOutOfRangeAreRefused(_ json: String, _ expected: String) {
        #expect(problem(json).contains(expected), "\(problem(json))")
    }

    @Test(arguments: [
        ("{\n  \"seed\": 1,\n}", "line 3, column 1: expected a field name in double quotes, found \"}\"; remove the comma before it"),
        ("{\"seed\" 1}", "line 1, column 9: expected \":\" after the field name \"seed\", found \"1\""),
        ("{\"seed\": 1", "line 1, column 11: expected \",\" or \"}\", found end of file"),
        ("{\"seed\": yes}", "line 1, column 10: expected a value, found yes; text stands in double quotes"),
        ("{\"seed\": 01}", "line 1, column 10: a number starts with 0"),
        ("{\"name\": \"a\nb\"}", "line 1, column 10: text is not closed on its line"),
        ("{} {}", "line 1, column 4: unexpected \"{\" after the end"),
        ("", "line 1, column 1: expected a value, found end of file"),
        ("{\"name\": \"\\q\"}", "line 1, column 11: unknown escape \\q"),
        ("{\"name\": \"\\ud800\"}", "half a surrogate pair"),
        ("{\"name\": \"ä\", \"seed\": }", "line 1, column 23: expected a value"),
    ])
    func syntaxErrorsHaveLineAndColumn(_ json: String, _ expected: String) {
        #expect(problem(json).contains(expected), "\(problem(json))")
    }

    @Test func keyThatStandsTwiceIsRefused() {
        #expect(problem("{\"seed\": 1,\n \"seed\": 2}") == "trial.json, line 2, column 2: field \"seed\" stands twice; it stands first in line 1")
    }

    @Test func bytesThatAreNotTextAreRefused() {
        #expect(throws: Problem("the file is not UTF-8 text", at: "b.json")) { try Recipe(json: Data([0x7B, 0xFF, 0x7D]), file: "b.json") }
    }

    @Test func nestingHasALimit() {
        #expect(problem("{\"name\": " + String(repeating: "[", count: 100_000)).contains("levels of nesting"))
    }

    @Test func escapesAreRead() throws {
        #expect(try read(#"{"description": "\u00e4 \ud83d\ude00 \"\\\/\n"}"#).description == "ä 😀 \"\\/\n")
    }
}

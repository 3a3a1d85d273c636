import Diagnostics
import Foundation
import Recipes
import Tensors
import Testing
import TestSupport

@Suite struct RecipeTableTests {
    @Test func encodedRecipeHasEveryFieldAndReadsBack() throws {
        var recipe = Recipe()
        recipe.name = "odd \"name\"\twith ä and \u{1}"
        recipe.seed = 9_007_199_254_740_991
        recipe.training.learningRate = 0.1 + 0.2
        recipe.heads.weightDecay = 1.7e-300
        recipe.training.decayUnit = .steps
        recipe.model.classifier = .mlp
        for text in [recipe.prettyJSON, recipe.canonicalJSON] {
            #expect(try Recipe(json: Data(text.utf8), file: "other.json") == recipe)
        }
        let root = try #require(try JSONSerialization.jsonObject(with: Data(recipe.prettyJSON.utf8)) as? [String: Any])
        for field in RecipeField.all {
            let leaf = field.path.split(separator: ".").reduce(root as Any?) { ($0 as? [String: Any])?[String($1)] }
            #expect(leaf != nil, "\(field.path) is not written")
        }
        #expect(!recipe.canonicalJSON.contains("\n"))
    }

    /// The table must cover the struct: what synthesized coding writes is what the table writes.
    @Test func tableCoversEveryStoredProperty() throws {
        let encoder = JSONEncoder()
        let synthesized = try JSONSerialization.jsonObject(with: encoder.encode(Recipe())) as? NSDictionary
        let fromTable = try JSONSerialization.jsonObject(with: Data(Recipe().canonicalJSON.utf8)) as? NSDictionary
        #expect(synthesized != nil && synthesized == fromTable)
    }

    @Test func pathsAreUniqueAndExplained() {
        #expect(Set(RecipeField.all.map(\.path)).count == RecipeField.all.count)
        for field in RecipeField.all { #expect(field.explanation.hasSuffix("."), "\(field.path)") }
    }

    @Test func defaultsAreThePublishedSettings() {
        let training = Recipe().training
        #expect(training.learningRate == 0.028 && training.momentum == 0.9175 && training.weightDecay == 1e-3)
        #expect(training.decayFactor == 0.6 && training.decayEvery == 20 && training.decayUnit == .epochs && training.epochs == 300)
        #expect(Recipe().analysis.threshold == 0.3)
    }

    @Test func differencesNameFieldsAndBothValues() {
        var other = Recipe()
        other.training.learningRate = 0.5
        other.model.name = "vgg11"
        let differences = Recipe().differences(from: other)
        #expect(differences.map(\.path) == ["model.name", "training.learningRate"])
        #expect(differences.map(\.own.description) == ["\"vgg16\"", "0.028"])
        #expect(differences.map(\.other.description) == ["\"vgg11\"", "0.5"])
        #expect(Recipe().differences(from: Recipe()).isEmpty)
    }

    /// Fields that came after runs had been made are in a digest only where they say something: those runs can go on.
    @Test func digestsLeaveOutLaterFieldsAtTheirDefault() throws {
        let text = Recipe().digestText
        for name in ["optimizer", "decayNormAndBias", "warmup", "leastLearningRate", "labelSmoothing", "averageDecay"] {
            #expect(!text.contains("\"\(name)\"") && Recipe().canonicalJSON.contains("\"\(name)\""))
        }
        #expect(Digest.sha256(of: Data(text.utf8)).hexadecimal == "e021b66fe6aff02be1a5b03680a36fc42ffcb3d5a374c31d2550c66b5b6f0277", "the digest that the default recipe had before there were such fields")
        for json in [
            #"{"training": {"optimizer": "adamw"}}"#, #"{"training": {"averageDecay": 0.5}}"#, #"{"training": {"labelSmoothing": 0.5}}"#,
            #"{"training": {"decayNormAndBias": false}}"#, #"{"training": {"warmup": 2}}"#, #"{"prune": {"optimizer": "rmsprop"}}"#,
            #"{"training": {"rmsDecay": 0.5}}"#, #"{"training": {"beta1": 0.5}}"#, #"{"training": {"beta2": 0.5}}"#,
            #"{"training": {"epsilon": 0.5}}"#, #"{"heads": {"leastLearningRate": 0.001}}"#, #"{"heads": {"warmupStart": 0.5}}"#,
            #"{"heads": {"warmupUnit": "steps"}}"#,
        ] {
            var recipe = try Recipe(json: Data(json.utf8), file: "x.json")
            recipe.name = Recipe().name
            #expect(recipe.digestText != text, "\(json)")
        }
    }

    @Test func publishedSchemaIsTheGeneratedOne() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/recipe.schema.json").standardized
        let published = try String(contentsOf: file, encoding: .utf8)
        #expect(published == Recipe.schema.prettyText, "make it anew: filterscope recipes --schema > Protocols/recipe.schema.json")
    }

    /// Every shipped recipe keeps to the table's types, ranges and consistency, for it reads back from its own file.
    @Test(arguments: ShippedRecipes.all) func shippedRecipesAreValid(_ recipe: Recipe) throws {
        #expect(try Recipe(json: Data(recipe.prettyJSON.utf8), file: "x.json") == recipe)
        #expect(!recipe.description.isEmpty)
    }
}

@Suite struct RecipeLoadingTests {
    @Test func shippedNameIsFound() throws {
        let (recipe, source) = try loadRecipe("fashion-demo")
        #expect(recipe.name == "fashion-demo")
        #expect(source == .shipped(name: "fashion-demo"))
    }

    @Test func unknownNameGetsTheNearest() {
        #expect(throws: Problem("unknown recipe \"fashon-demo\"", remedy: "did you mean \"fashion-demo\"?")) { try loadRecipe("fashon-demo") }
    }

    @Test func missingFileAndDirectoryAreToldApart() throws {
        let directory = try TemporaryDirectory()
        #expect { try loadRecipe("./nowhere.json") } throws: { "\($0)".contains("./nowhere.json: there is no such file") }
        #expect { try loadRecipe(directory.path) } throws: { "\($0)".contains("is a directory") }
    }

    @Test func fileIsRead() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Data(#"{"seed": 5}"#.utf8), to: "mine.json")
        let (recipe, source) = try loadRecipe(path)
        #expect(recipe.seed == 5 && recipe.name == "mine")
        #expect(source == .file(path: path))
    }
}

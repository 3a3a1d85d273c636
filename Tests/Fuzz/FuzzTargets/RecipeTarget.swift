import Diagnostics
import Foundation
import Recipes

extension FuzzTarget {
    /// A recipe, which written out in full is read as the same.
    static let recipe = FuzzTarget("recipe", longest: 8192, isJSON: true, words: recipeWords, seeds: {
        ShippedRecipes.names.compactMap { name in ShippedRecipes.named(name).map { Seed(name, text: $0.prettyJSON) } } + [
            Seed("empty", text: "{}"), Seed("short", text: #"{"$schema": "x", "name": "ab\u00e9\ud83d\ude00", "training": {"batchSize": 2e2, "learningRate": 1E-3}}"#),
            Seed("twice", text: "{\"name\": \"a\",\n \"name\": \"b\"}"), Seed("deep", text: String(repeating: "[", count: 100)),
            Seed("mark", text: "\u{FEFF}{}"), Seed("near", text: #"{"trainig": {}}"#), Seed("quoted", text: #"{"seed": "1"}"#),
        ]
    }) { input in
        guard let recipe = try taken(input, { () throws(Problem) in try Recipe(json: input, file: "recipe.json") }) else { return .refused }
        for text in [recipe.prettyJSON, recipe.canonicalJSON] {
            let again = try Recipe(json: Data(text.utf8), file: "recipe.json")
            try require(again.differences(from: recipe).isEmpty, "written out, another recipe: \(again.differences(from: recipe))")
            try require(again.canonicalJSON == recipe.canonicalJSON && again.digestText == recipe.digestText, "written out, another text")
        }
        return .taken
    }

    private static let recipeWords: [String] = RecipeField.all.flatMap { field in
        ["\"\(field.path.split(separator: ".").last ?? "")\":", "\"\(field.path.split(separator: ".").first ?? "")\":{"]
            + { if case .choice(let choices) = field.type { choices.map { "\"\($0)\"" } } else { [] } }()
    } + ["true", "false", "null", "1e400", "-0", "0.5", "1e-9", "9007199254740992", "99999999999999999999", "\\ud800\\udc00", "\\u0000", "[1,2]", "\u{FEFF}"]
}

import Recipes
import Runtime

/// `filterscope recipes`: the shipped recipes, one recipe in full, the fields and their meaning, the schema.
enum RecipesCommand {
    private static let explain = CommandFlag("explain", "every field with its default, its range and its meaning")
    private static let schema = CommandFlag("schema", "the JSON Schema of recipe files")
    private static let json = CommandFlag("json", "as JSON")

    static let description = CommandDescription(
        name: "recipes", summary: "list the shipped recipes, or print one with every default filled in",
        positionals: [Positional("RECIPE", "a shipped recipe, or the path of a recipe file to check and fill in", isOptional: true)],
        options: [explain, schema, json],
        example: "filterscope recipes fashion-demo > mine.json"
    ) { arguments in
        let name = arguments.positionals.first
        switch (name, arguments.has(explain), arguments.has(schema)) {
        case (_, true, true): throw arguments.usageError("--explain and --schema exclude each other")
        case (.some, true, _), (.some, _, true): throw arguments.usageError("--explain and --schema concern all recipes, not one")
        case (nil, true, false):
            StandardOutput.write(arguments.has(json) ? JSONValue.array(RecipeField.all.map(fieldJSON)).prettyText : explanation)
        case (nil, false, true): StandardOutput.write(Recipe.schema.prettyText)
        case (let name?, false, false): StandardOutput.write(try loadRecipe(name).recipe.prettyJSON)
        case (nil, false, false):
            StandardOutput.write(arguments.has(json) ? JSONValue.array(ShippedRecipes.all.map(\.json)).prettyText : list)
        }
        return .done
    }

    private static var list: String {
        var table = TextTable([("recipe", .left), ("model", .left), ("data set", .left), ("what it is", .left)])
        for recipe in ShippedRecipes.all {
            table.add([recipe.name, recipe.model.isVGG ? "\(recipe.model.name), width \(recipe.model.width)" : recipe.model.name, recipe.dataset, recipe.description])
        }
        return table.text
    }

    private static var explanation: String {
        RecipeField.all.map { field in
            let unit = field.unit.map { " (\($0))" } ?? ""
            let range = field.type.description
            return "\(field.path) = \(field.defaultValue)\(unit)\n    \(field.explanation)\n"
                + "    \(range.prefix(1).uppercased())\(range.dropFirst()).\n"
        }.joined()
    }

    private static func fieldJSON(_ field: RecipeField) -> JSONValue {
        .object([
            .init("path", .string(field.path)), .init("default", field.defaultJSON),
            .init("unit", field.unit.map(JSONValue.string) ?? .null), .init("allowed", .string(field.type.description)),
            .init("explanation", .string(field.explanation)),
        ])
    }
}

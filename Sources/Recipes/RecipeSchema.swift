extension Recipe {
    /// The JSON Schema (draft 2020-12) of recipe files, made from the table of fields; published as
    /// `Protocols/recipe.schema.json`.
    public static var schema: JSONValue {
        let body = RecipeField.tree(leaf: \.schema) { path, members in
            var properties = members
            if path.isEmpty { properties.insert(.init("$schema", .object([.init("type", .string("string"))])), at: 0) }
            return .object([
                .init("type", .string("object")), .init("additionalProperties", .truth(false)),
                .init("properties", .object(properties)),
            ])
        }
        guard case .object(let members) = body else { return body }
        return .object([
            .init("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            .init("title", .string("Filterscope recipe")),
            .init("description", .string("Made by \"filterscope recipes --schema\". Every field has a default.")),
        ] + members)
    }
}

extension RecipeField {
    var schema: JSONValue {
        var members = type.schema
        members += [
            .init("default", defaultValue.json),
            .init("description", .string(explanation + (unit.map { " In \($0)." } ?? ""))),
        ]
        return .object(members)
    }
}

extension RecipeFieldType {
    /// The keywords that say which values are allowed.
    fileprivate var schema: [JSONValue.Member] {
        switch self {
        case .text: [.init("type", .string("string"))]
        case .choice(let choices): [.init("enum", .array(choices.map(JSONValue.string)))]
        case .truth: [.init("type", .string("boolean"))]
        case .integer(let range):
            [
                .init("type", .string("integer")), .init("minimum", .integer(range.lowerBound)),
                .init("maximum", .integer(range.upperBound)),
            ]
        case .number(let range):
            [
                .init("type", .string("number")),
                .init(range.includesLower ? "minimum" : "exclusiveMinimum", .number(range.lower)),
                .init(range.includesUpper ? "maximum" : "exclusiveMaximum", .number(range.upper)),
            ]
        case .integers(let range): Self.listSchema(of: .integer(range))
        case .numbers(let range): Self.listSchema(of: .number(range))
        }
    }

    private static func listSchema(of element: RecipeFieldType) -> [JSONValue.Member] {
        [.init("type", .string("array")), .init("items", .object(element.schema)), .init("uniqueItems", .truth(true))]
    }
}

import Foundation

extension Recipe {
    /// Every field in the table's order, as `recipe.json` of a run directory holds it. Reading it gives the recipe back.
    public var prettyJSON: String { json.prettyText }

    /// The same on one line.
    public var canonicalJSON: String { json.compactText }

    /// What a digest of the recipe is taken of: the same without fields that came later and stand at their default, so that a recipe
    /// of an earlier version has the digest that it had.
    public var digestText: String {
        let fields = RecipeField.all.filter { !$0.isOmittedAtDefault || $0.value(in: self) != $0.defaultValue }
        return RecipeField.tree(of: fields[...]) { $0.value(in: self).json } group: { .object($1) }.compactText
    }

    /// Every field with its value, objects nested as in the file.
    public var json: JSONValue { RecipeField.tree { $0.value(in: self).json } group: { .object($1) } }

    /// A field in which two recipes differ.
    public struct Difference: Hashable, Sendable {
        public let path: String
        public let own: RecipeValue
        public let other: RecipeValue
    }

    /// The fields in which another recipe differs, in the table's order: what a refusal to resume names.
    public func differences(from other: Recipe) -> [Difference] {
        RecipeField.all.compactMap { field in
            let (own, others) = (field.value(in: self), field.value(in: other))
            return own == others ? nil : Difference(path: field.path, own: own, other: others)
        }
    }
}

extension RecipeField {
    /// One value per field, nested as recipe files are, in the table's order. `group` makes one value of the members of an
    /// object; its path is empty for the whole file.
    static func tree(
        of fields: ArraySlice<RecipeField> = all[...], leaf: (RecipeField) -> JSONValue,
        group: (_ path: String, _ members: [JSONValue.Member]) -> JSONValue
    ) -> JSONValue {
        tree(fields, prefix: "", leaf, group)
    }

    private static func tree(
        _ fields: ArraySlice<RecipeField>, prefix: String, _ leaf: (RecipeField) -> JSONValue,
        _ group: (String, [JSONValue.Member]) -> JSONValue
    ) -> JSONValue {
        var members: [JSONValue.Member] = []
        var rest = fields
        while let field = rest.first {
            let name = String(field.path.dropFirst(prefix.count).prefix { $0 != "." })
            let path = prefix + name
            if path == field.path {
                members.append(JSONValue.Member(name, leaf(field)))
                rest = rest.dropFirst()
            } else {
                // The fields of one object stand next to each other in the table.
                let inside = rest.prefix { $0.path.hasPrefix(path + ".") }
                members.append(JSONValue.Member(name, tree(inside, prefix: path + ".", leaf, group)))
                rest = rest.dropFirst(inside.count)
            }
        }
        return group(String(prefix.dropLast()), members)
    }
}

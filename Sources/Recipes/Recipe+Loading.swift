import Diagnostics
import Foundation

/// Where a recipe came from.
public enum RecipeSource: Hashable, Sendable, CustomStringConvertible {
    case shipped(name: String)
    case file(path: String)

    public var description: String {
        switch self {
        case .shipped(let name): "shipped recipe \(name)"
        case .file(let path): path
        }
    }
}

/// The recipe that a command line means: a shipped one by name, else a JSON file by path.
///
/// A word without a slash or `.json` is a name first; `./word` always means the file.
/// - Throws: a `Problem`: unknown name (with the nearest known), unreadable file, or what `Recipe(json:file:)` finds.
public func loadRecipe(_ argument: String) throws(Problem) -> (recipe: Recipe, source: RecipeSource) {
    if let recipe = ShippedRecipes.named(argument) { return (recipe, .shipped(name: argument)) }
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: argument, isDirectory: &isDirectory)
    guard exists || argument.contains("/") || argument.hasSuffix(".json") else {
        throw Problem(
            "unknown recipe \"\(argument)\"",
            remedy: nearestName(to: argument, among: ShippedRecipes.names).map { "did you mean \"\($0)\"?" }
                ?? "shipped: \(ShippedRecipes.names.joined(separator: ", ")); or give the path of a JSON file")
    }
    guard exists else {
        throw Problem("there is no such file", at: argument, remedy: "shipped recipes: " + ShippedRecipes.names.joined(separator: ", "))
    }
    guard !isDirectory.boolValue else { throw Problem("is a directory, not a recipe", at: argument) }
    guard let data = FileManager.default.contents(atPath: argument) else { throw Problem("the file cannot be read", at: argument) }
    return (try Recipe(json: data, file: argument), .file(path: argument))
}

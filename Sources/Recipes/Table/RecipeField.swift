/// One row of the table that drives recipes: where a field stands, what it may hold, and what it is for.
public struct RecipeField: Sendable {
    /// From the top of the JSON file, `training.learningRate`.
    public let path: String
    public let type: RecipeFieldType
    /// "pixels", "seconds", "epochs"; nil for plain numbers, text and choices.
    public let unit: String?
    /// What it does, in one sentence.
    public let explanation: String
    let read: @Sendable (Recipe) -> RecipeValue
    /// Called only with values that `type` allows.
    let write: @Sendable (inout Recipe, RecipeValue) -> Void
    /// Whether digests of recipes leave it out where it stands at its default: a field that came after runs had been made, so that
    /// those runs can go on.
    private(set) var isOmittedAtDefault = false

    /// The same field, left out of digests where it stands at its default.
    var omittedAtDefault: RecipeField {
        var field = self
        field.isOmittedAtDefault = true
        return field
    }

    /// The value where a recipe does not give one.
    public var defaultValue: RecipeValue { read(Recipe()) }

    /// The same as JSON.
    public var defaultJSON: JSONValue { defaultValue.json }

    /// The field's value in a recipe.
    public func value(in recipe: Recipe) -> RecipeValue { read(recipe) }
}

extension RecipeField {
    typealias Place<Value> = any WritableKeyPath<Recipe, Value> & Sendable

    static func text(_ path: String, _ place: Place<String>, _ explanation: String) -> RecipeField {
        RecipeField(path: path, type: .text, unit: nil, explanation: explanation) { .text($0[keyPath: place]) } write: {
            if case .text(let text) = $1 { $0[keyPath: place] = text }
        }
    }

    static func choice(_ path: String, _ place: Place<String>, _ choices: [String], _ explanation: String) -> RecipeField {
        RecipeField(path: path, type: .choice(choices), unit: nil, explanation: explanation) { .text($0[keyPath: place]) } write: {
            if case .text(let text) = $1 { $0[keyPath: place] = text }
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String, _ place: Place<Choice>, _ explanation: String
    ) -> RecipeField {
        RecipeField(path: path, type: .choice(Choice.allCases.map(\.rawValue)), unit: nil, explanation: explanation) {
            .text($0[keyPath: place].rawValue)
        } write: {
            if case .text(let text) = $1, let choice = Choice(rawValue: text) { $0[keyPath: place] = choice }
        }
    }

    static func truth(_ path: String, _ place: Place<Bool>, _ explanation: String) -> RecipeField {
        RecipeField(path: path, type: .truth, unit: nil, explanation: explanation) { .truth($0[keyPath: place]) } write: {
            if case .truth(let truth) = $1 { $0[keyPath: place] = truth }
        }
    }

    static func integer<Value: BinaryInteger & Sendable>(
        _ path: String, _ place: Place<Value>, _ range: ClosedRange<Int>, unit: String? = nil, _ explanation: String
    ) -> RecipeField {
        RecipeField(path: path, type: .integer(range), unit: unit, explanation: explanation) {
            .integer(Int(clamping: $0[keyPath: place]))
        } write: {
            if case .integer(let integer) = $1 { $0[keyPath: place] = Value(clamping: integer) }
        }
    }

    static func number(
        _ path: String, _ place: Place<Double>, _ range: NumberRange, unit: String? = nil, _ explanation: String
    ) -> RecipeField {
        RecipeField(path: path, type: .number(range), unit: unit, explanation: explanation) { .number($0[keyPath: place]) } write: {
            if case .number(let number) = $1 { $0[keyPath: place] = number }
        }
    }

    static func integers(
        _ path: String, _ place: Place<[Int]>, _ range: ClosedRange<Int>, unit: String? = nil, _ explanation: String
    ) -> RecipeField {
        RecipeField(path: path, type: .integers(range), unit: unit, explanation: explanation) { .integers($0[keyPath: place]) } write: {
            if case .integers(let integers) = $1 { $0[keyPath: place] = integers }
        }
    }

    static func numbers(
        _ path: String, _ place: Place<[Double]>, _ range: NumberRange, unit: String? = nil, _ explanation: String
    ) -> RecipeField {
        RecipeField(path: path, type: .numbers(range), unit: unit, explanation: explanation) { .numbers($0[keyPath: place]) } write: {
            if case .numbers(let numbers) = $1 { $0[keyPath: place] = numbers }
        }
    }
}

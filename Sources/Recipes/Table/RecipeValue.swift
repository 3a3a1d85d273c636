/// The value of one field of a recipe.
public enum RecipeValue: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    case truth(Bool)
    case integer(Int)
    case number(Double)
    case integers([Int])
    case numbers([Double])

    /// As JSON writes it.
    public var description: String { json.compactText }

    var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .truth(let truth): .truth(truth)
        case .integer(let integer): .integer(integer)
        case .number(let number): .number(number)
        case .integers(let integers): .array(integers.map(JSONValue.integer))
        case .numbers(let numbers): .array(numbers.map(JSONValue.number))
        }
    }
}

/// The values that a field may take.
public enum RecipeFieldType: Hashable, Sendable {
    case text
    case choice([String])
    case truth
    case integer(ClosedRange<Int>)
    case number(NumberRange)
    /// Lists, ascending, none twice; the range is each element's. They may be empty.
    case integers(ClosedRange<Int>)
    case numbers(NumberRange)

    /// What a person is told to write: "a whole number within 1 ... 100".
    public var description: String {
        switch self {
        case .text: "text"
        case .choice(let choices): "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        case .truth: "true or false"
        case .integer(let range):
            range.upperBound == RecipeFieldType.largestInteger
                ? "a whole number of at least \(range.lowerBound)" : "a whole number within \(range.lowerBound) ... \(range.upperBound)"
        case .number(let range): "a number \(range)"
        case .integers(let range): "an ascending list, each element \(RecipeFieldType.integer(range).description)"
        case .numbers(let range): "an ascending list, each element \(RecipeFieldType.number(range).description)"
        }
    }

    /// 2⁵³ − 1: whole numbers up to here survive every JSON library.
    public static let largestInteger = 9_007_199_254_740_991
}

/// An interval of numbers, its ends included or not.
public struct NumberRange: Hashable, Sendable, CustomStringConvertible {
    public let lower: Double
    public let includesLower: Bool
    public let upper: Double
    public let includesUpper: Bool

    /// lower ≤ x ≤ upper.
    static func within(_ lower: Double, _ upper: Double) -> NumberRange {
        NumberRange(lower: lower, includesLower: true, upper: upper, includesUpper: true)
    }

    /// lower < x ≤ upper.
    static func above(_ lower: Double, atMost upper: Double) -> NumberRange {
        NumberRange(lower: lower, includesLower: false, upper: upper, includesUpper: true)
    }

    /// lower ≤ x < upper.
    static func from(_ lower: Double, below upper: Double) -> NumberRange {
        NumberRange(lower: lower, includesLower: true, upper: upper, includesUpper: false)
    }

    /// lower < x < upper.
    static func between(_ lower: Double, _ upper: Double) -> NumberRange {
        NumberRange(lower: lower, includesLower: false, upper: upper, includesUpper: false)
    }

    func contains(_ value: Double) -> Bool {
        (includesLower ? value >= lower : value > lower) && (includesUpper ? value <= upper : value < upper)
    }

    public var description: String {
        (includesLower ? "from " : "above ") + JSONValue.shortest(lower)
            + (includesUpper ? " to " : " and below ") + JSONValue.shortest(upper)
    }
}

import Diagnostics
import Foundation

extension Recipe {
    /// Reads a recipe through the table of fields. A field that is not given keeps its default; `name` defaults to the
    /// file's name without its ending. A top-level `$schema` is allowed, for editors.
    /// - Parameter file: what messages call the file.
    /// - Throws: a `Problem` with file, line, column and the full path of the field: for a syntax error, a key that stands
    ///   twice, an unknown field (with the nearest known one), a value of the wrong type or outside its range.
    public init(json: Data, file: String) throws(Problem) {
        self.init()
        let root = try JSONReader.read(json, file: file)
        guard case .object = root.content else {
            throw Problem("a recipe is an object in braces, not \(root.description)", at: root.place.text(file))
        }
        name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        if case .string(Model.efficientNet)? = root["model"]?["name"]?.content { model.dropout = 0.2 }
        try apply(root, prefix: "", file: file)
        if let problem = inconsistency { throw Problem(problem, at: file) }
    }

    private mutating func apply(_ object: JSONNode, prefix: String, file: String) throws(Problem) {
        guard case .object(let members) = object.content else { return }
        for (key, place, node) in members {
            let path = prefix + key
            if path == "$schema" { continue }
            if let field = RecipeField.all.first(where: { $0.path == path }) {
                try set(field, node, file: file)
            } else if RecipeField.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
                guard case .object = node.content else {
                    throw Problem("\"\(path)\" needs an object in braces, not \(node.description)", at: node.place.text(file))
                }
                try apply(node, prefix: path + ".", file: file)
            } else {
                throw Problem("unknown field \"\(path)\"", at: place.text(file), remedy: Self.suggestion(key, prefix: prefix))
            }
        }
    }

    /// The nearest field of the same object; else one that stands elsewhere under this very name; else what there is.
    private static func suggestion(_ key: String, prefix: String) -> String {
        let paths = RecipeField.all.map(\.path)
        var siblings: [String] = []
        for path in paths where path.hasPrefix(prefix) {
            let name = String(path.dropFirst(prefix.count).prefix { $0 != "." })
            if !siblings.contains(name) { siblings.append(name) }
        }
        if let near = nearestName(to: key, among: siblings) { return "did you mean \"\(prefix)\(near)\"?" }
        if let elsewhere = paths.first(where: { $0.split(separator: ".").last.map(String.init) == key }) {
            return "did you mean \"\(elsewhere)\"?"
        }
        if let near = nearestName(to: prefix + key, among: paths) { return "did you mean \"\(near)\"?" }
        return "known: " + siblings.map { prefix + $0 }.joined(separator: ", ")
    }

    private mutating func set(_ field: RecipeField, _ node: JSONNode, file: String) throws(Problem) {
        let location = node.place.text(file)
        func mismatch(_ remedy: String? = nil) -> Problem {
            Problem("\"\(field.path)\" needs \(field.type.description), not \(node.description)", at: location, remedy: remedy)
        }
        let value: RecipeValue
        switch (field.type, node.content) {
        case (.text, .string(let text)): value = .text(text)
        case (.truth, .truth(let truth)): value = .truth(truth)
        case (.choice(let choices), .string(let text)):
            guard choices.contains(text) else {
                throw mismatch(nearestName(to: text, among: choices).map { "did you mean \"\($0)\"?" })
            }
            value = .text(text)
        case (.integer(let range), _) where node.integer.map(range.contains) == true: value = .integer(node.integer ?? 0)
        case (.number(let range), _) where node.number.map(range.contains) == true: value = .number(node.number ?? 0)
        case (.integers(let range), .array(let nodes)):
            let integers = nodes.compactMap(\.integer)
            guard integers.count == nodes.count, integers.allSatisfy(range.contains), Self.ascends(integers) else { throw mismatch() }
            value = .integers(integers)
        case (.numbers(let range), .array(let nodes)):
            let numbers = nodes.compactMap(\.number)
            guard numbers.count == nodes.count, numbers.allSatisfy(range.contains), Self.ascends(numbers) else { throw mismatch() }
            value = .numbers(numbers)
        case (.truth, .string(let text)) where text == "true" || text == "false": throw mismatch("remove the quotes")
        case (.integer, .string(let text)) where Double(text) != nil: throw mismatch("remove the quotes")
        case (.number, .string(let text)) where Double(text) != nil: throw mismatch("remove the quotes")
        default: throw mismatch()
        }
        field.write(&self, value)
    }

    private static func ascends(_ values: [some Comparable]) -> Bool { zip(values, values.dropFirst()).allSatisfy { $0 < $1 } }

    /// What no single field can tell: fields that contradict each other. Nil where all is well.
    public var inconsistency: String? {
        if training.batchSize % training.shardSize != 0 {
            return "\"training.batchSize\" \(training.batchSize) is not a multiple of \"training.shardSize\" \(training.shardSize)"
        }
        let usual = Model()
        if !model.isVGG, model.width != usual.width { return "\"model.width\" is a VGG's; \(model.name) has none" }
        if model.name == Model.linear, model.classifier != usual.classifier || !model.batchNorm {
            return "\"model.classifier\" and \"model.batchNorm\" are a VGG's; \(model.name) has one linear layer and no convolution"
        }
        if model.isEfficientNet {
            if !model.batchNorm { return "\"model.batchNorm\" can be false for a VGG only; \(model.name) has a batch norm behind every convolution" }
            if model.classifier != usual.classifier || model.classifierBias != usual.classifierBias {
                return "\"model.classifier\" and \"model.classifierBias\" are a VGG's; \(model.name) has one linear layer with a bias"
            }
        }
        if cluster.workerTimeoutSeconds <= cluster.heartbeatSeconds {
            return "\"cluster.workerTimeoutSeconds\" \(cluster.workerTimeoutSeconds) must be more than \"cluster.heartbeatSeconds\" \(cluster.heartbeatSeconds)"
        }
        if training.translation >= model.inputSize {
            return "\"training.translation\" \(training.translation) moves every image of \"model.inputSize\" \(model.inputSize) out of sight"
        }
        if training.cropLeastArea > training.cropGreatestArea {
            return "\"training.cropLeastArea\" \(training.cropLeastArea) is more than \"training.cropGreatestArea\" \(training.cropGreatestArea)"
        }
        for (field, value) in [("training.mixup", training.mixup), ("training.cutMix", training.cutMix)] where value > 0 {
            if value < 0.01 { return "\"\(field)\" \(value) is neither 0 nor at least 0.01" }
            if training.shardSize < 2 { return "\"\(field)\" mixes the samples of a shard, and \"training.shardSize\" is 1" }
        }
        return rateInconsistency
    }
}

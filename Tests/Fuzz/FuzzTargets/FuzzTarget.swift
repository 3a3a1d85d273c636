import Diagnostics
import Foundation

/// A reader of bytes from outside, and what must hold of it whatever the bytes are: it takes them or refuses them in the way that it
/// documents, keeps its bounds, and says the same twice. A trap, a hang and memory beyond measure are found by whoever calls.
public struct FuzzTarget: Sendable {
    public enum Verdict: Sendable { case taken, refused }

    public struct Seed: Sendable {
        public let name: String
        public let bytes: Data

        init(_ name: String, _ bytes: Data) {
            self.name = name
            self.bytes = bytes
        }

        init(_ name: String, text: String) { self.init(name, Data(text.utf8)) }
    }

    public let name: String
    /// The longest input that is tried, in bytes.
    public let longest: Int
    /// Words of the format, for a fuzzer to put together.
    public let words: [String]
    /// Whether most of an input is JSON, from its first brace on.
    public let isJSON: Bool
    /// Good inputs and some that are refused, each the start of others.
    public let seeds: @Sendable () throws -> [Seed]
    private let body: @Sendable (Data) throws -> Verdict

    init(
        _ name: String, longest: Int = 4096, isJSON: Bool = false, words: [String] = [], seeds: @escaping @Sendable () throws -> [Seed],
        body: @escaping @Sendable (Data) throws -> Verdict
    ) {
        self.name = name
        self.longest = longest
        self.isJSON = isJSON
        self.words = words
        self.seeds = seeds
        self.body = body
    }

    /// - Throws: `Violation`, and what a target could not expect.
    public func run(_ input: Data) throws -> Verdict { try body(input) }

    /// A change that knows the format; nil where the target has none or nothing can be done.
    public func changed(_ input: [UInt8], seed: UInt64) -> [UInt8]? {
        guard isJSON, var mutation = JSONMutation(input, seed: seed) else { return nil }
        return mutation.changed(words: words)
    }

    /// What users bring and what comes over the wire, most exposed first.
    public static let all: [FuzzTarget] = [
        .codec, .safetensors, .idx, .cifar, .tar, .recipe, .jpeg, .weights, .kit, .task, .specification,
    ]
}

/// Something that should hold and does not.
public struct Violation: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(Violation) {
    guard condition else { throw Violation(what()) }
}

/// Runs a reader that may refuse.
/// - Returns: nil where it refused, with a message that can be shown.
func taken<Value>(_ input: Data, _ body: () throws(Problem) -> Value) throws(Violation) -> Value? {
    do throws(Problem) { return try body() } catch {
        // Messages may quote the input, and the known names; they must not grow beyond that.
        let bytes = error.description.utf8.count
        try require(bytes <= 8 * input.count + 16_384, "a message of \(bytes) bytes about an input of \(input.count)")
        return nil
    }
}

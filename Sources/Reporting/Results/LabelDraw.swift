import Diagnostics
import Foundation

/// The labels that a run drew from its data set: the draw can be made again from `from` and `seed`.
public struct LabelDraw: Codable, Hashable, Sendable {
    /// The number of labels that the data set has.
    public var from: Int
    public var seed: UInt64
    /// Original labels in the order in which they were drawn. In ascending order they are labels 0, 1, … of the run.
    public var drawn: [Int]

    public init(from: Int, seed: UInt64, drawn: [Int]) {
        self.from = from
        self.seed = seed
        self.drawn = drawn
    }

    /// On one line.
    public func json() throws(Problem) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do { return String(decoding: try encoder.encode(self), as: UTF8.self) } catch {
            throw Problem("the draw of labels cannot be written: \(error)")
        }
    }
}

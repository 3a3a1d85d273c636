import Diagnostics
import Foundation
import Tensors

/// What a worker of the bench has to know; it travels in the welcome, as any task.
struct AggregationTask: Codable, Sendable {
    /// float32 elements of each gradient.
    var elements: Int

    /// The parameter set in which sums come back.
    static let set = "sum"

    /// Of gradients and sums.
    var layout: TensorLayout { TensorLayout([("elements", [elements])]) }

    func encoded() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    static func decoded(from text: String) throws(Problem) -> AggregationTask {
        do {
            return try JSONDecoder().decode(AggregationTask.self, from: Data(text.utf8))
        } catch {
            throw Problem("the coordinator's task cannot be read: \(error)", remedy: "run coordinator and worker from the same version")
        }
    }
}

/// What the gradients hold: whole numbers small enough that sums of them are exact, and other ones in each round, at each node and
/// place, so that a sum of the wrong parts shows.
struct AggregationPattern {
    let round: Int

    /// Places that are checked: a few in every page of memory.
    private static let stride = 1021

    private func value(_ place: Int) -> Float { Float(place % 8191 + round % 64) }

    /// Fills a gradient: everywhere, and differently at the places that are checked.
    func fill(_ gradient: FloatBuffer, node: Int) {
        gradient.fill(Float(node + round % 64))
        for place in Swift.stride(from: 0, to: gradient.count, by: Self.stride) { gradient[place] = value(place) + Float(node) }
    }

    /// Whether a buffer is the sum of the gradients of all nodes.
    func isSum(_ sum: FloatBuffer, nodes: Int) -> Bool {
        let (count, offset) = (Float(nodes), Float(nodes * (nodes - 1) / 2))
        for place in Swift.stride(from: 0, to: sum.count, by: Self.stride) {
            guard sum[place] == count * value(place) + offset else { return false }
            guard place + 1 == sum.count || sum[place + 1] == count * Float(round % 64) + offset else { return false }
        }
        return true
    }
}

/// Names of the figures that workers report. Times are seconds since the machine started, which all processes of it share.
enum AggregationFigure {
    static let started = "started"
    static let received = "received"
    /// Bytes of all frames that the worker has sent and received since it started.
    static let bytes = "bytes"
}

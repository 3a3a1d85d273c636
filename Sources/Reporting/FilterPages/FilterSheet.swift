import Diagnostics
import Foundation
import Imaging
import Mechanism
import Synchronization
import Tensors

/// Pictures of up to 64 filters in one PNG, eight to a row: few files, and a browser decodes only those in view.
struct FilterSheet {
    static let columns = 8
    static let capacity = 64

    let tile: FilterTile
    let filters: Range<Int>

    static func ranges(of filters: Int) -> [Range<Int>] {
        stride(from: 0, to: filters, by: capacity).map { $0..<min($0 + capacity, filters) }
    }

    /// The picture, and the results of its filters in order.
    func draw(_ weights: HeadWeights, threshold: Double, layer: String) throws(MechanismFault) -> (png: Data, results: [FilterResult]) {
        let side = tile.side
        let width = min(Self.columns, filters.count) * side
        let height = (filters.count + Self.columns - 1) / Self.columns * side
        var pixels = [UInt8](repeating: 0, count: width * height)
        var results: [FilterResult] = []
        try forEachField(
            labelMeans: weights.means, headWeights: weights.weights, filters: filters, layer: layer
        ) { filter, field throws(MechanismFault) in
            let result = try FilterPerformance.measure(filter: filter, field: field, threshold: threshold, layer: layer)
            let place = filter - filters.lowerBound
            let corner = place / Self.columns * side * width + place % Self.columns * side
            let drawn = tile.pixels(field: field, result: result, threshold: threshold)
            for row in 0..<side {
                pixels.replaceSubrange(corner + row * width..<corner + row * width + side, with: drawn[row * side..<(row + 1) * side])
            }
            results.append(result)
        }
        return (PNG(width: width, height: height, pixels: .indexed(pixels, palette: FilterTile.palette)).data, results)
    }

    /// Draws a layer's sheets on all cores and hands each to `keep`, in no order.
    /// - Returns: the results of all filters in order.
    static func drawAll(
        _ weights: HeadWeights, labels: Int, threshold: Double, layer: String,
        keep: @escaping @Sendable (_ index: Int, _ png: Data) throws(Problem) -> Void
    ) throws(Problem) -> [FilterResult] {
        let ranges = ranges(of: weights.filters)
        let outcomes = Mutex<[Int: Result<[FilterResult], Problem>]>([:])
        DispatchQueue.concurrentPerform(iterations: ranges.count) { index in
            let outcome: Result<[FilterResult], Problem>
            do throws(Problem) {
                let drawn: (png: Data, results: [FilterResult])
                do throws(MechanismFault) {
                    drawn = try FilterSheet(tile: FilterTile(labels: labels), filters: ranges[index])
                        .draw(weights, threshold: threshold, layer: layer)
                } catch { throw error.problem }
                try keep(index, drawn.png)
                outcome = .success(drawn.results)
            } catch { outcome = .failure(error) }
            outcomes.withLock { $0[index] = outcome }
        }
        let finished = outcomes.withLock { $0 }
        var results: [FilterResult] = []
        for index in ranges.indices {
            if let outcome = finished[index] { results += try outcome.get() }
        }
        return results
    }
}

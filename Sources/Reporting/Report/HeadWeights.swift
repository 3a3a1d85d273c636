import Diagnostics
import Tensors

/// A layer's head as files hold it, turned to channels last, beside the label means that it works on.
struct HeadWeights {
    let filters: Int
    /// [K, h, w, F], average-pooled where the head pools.
    let means: Tensor
    /// [K, h·w, F].
    let weights: Tensor

    /// - Parameters:
    ///   - file: holds `head.<layer>.weight`, [K, F·h·w], flattened in channel, row, column order.
    ///   - labelMeans: [K, H, W, F].
    init(file: SafetensorsFile, layer: String, labelMeans: Tensor, headPool: Int?) throws(Problem) {
        let name = "head.\(layer).weight"
        let stored = try file.floats(name)
        guard labelMeans.shape.rank == 4 else {
            throw Problem("label means of layer \(layer) have shape \(labelMeans.shape), not [K, H, W, F]", at: file.path)
        }
        let labels = labelMeans.shape[0]
        filters = labelMeans.shape[3]
        let pooled = headPool.map { Self.averagePooled(labelMeans, side: $0) } ?? labelMeans
        let positions = pooled.shape[1] * pooled.shape[2]
        guard stored.shape == [labels, filters * positions] else {
            throw Problem(
                "tensor \"\(name)\" has shape \(stored.shape), and the label means ask for \([labels, filters * positions])", at: file.path,
                remedy: "take heads and label means of one run")
        }
        let channelsFirst = stored.array
        var values = [Float](repeating: 0, count: channelsFirst.count)
        for label in 0..<labels {
            for filter in 0..<filters {
                for position in 0..<positions {
                    values[(label * positions + position) * filters + filter] = channelsFirst[(label * filters + filter) * positions + position]
                }
            }
        }
        means = pooled
        weights = Tensor([labels, positions, filters], values)
    }

    /// Adaptive average pooling of maps larger than `side`, window bounds as PyTorch's; pooling is linear, so pooled means
    /// are means of pooled maps.
    static func averagePooled(_ maps: Tensor, side: Int) -> Tensor {
        let (labels, height, width, filters) = (maps.shape[0], maps.shape[1], maps.shape[2], maps.shape[3])
        let (rows, columns) = (min(side, height), min(side, width))
        guard rows < height || columns < width, side > 0 else { return maps }
        let source = maps.array
        var values: [Float] = []
        values.reserveCapacity(labels * rows * columns * filters)
        for label in 0..<labels {
            for row in 0..<rows {
                let ys = row * height / rows..<((row + 1) * height + rows - 1) / rows
                for column in 0..<columns {
                    let xs = column * width / columns..<((column + 1) * width + columns - 1) / columns
                    for filter in 0..<filters {
                        var sum = 0.0
                        for y in ys { for x in xs { sum += Double(source[((label * height + y) * width + x) * filters + filter]) } }
                        values.append(Float(sum / Double(ys.count * xs.count)))
                    }
                }
            }
        }
        return Tensor([labels, rows, columns, filters], values)
    }
}

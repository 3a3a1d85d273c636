import Foundation

/// What `bench blocks` finds.
struct BlocksBenchResult: Encodable {
    /// A scheme with one size of blocks.
    struct Entry: Encodable {
        let scheme: String
        /// Tiles of a block in either direction; nil for the direct scheme.
        let tiles: Int?
        /// Medians of the runs.
        let forwardMilliseconds: Double
        /// Of both gradients; of the weights' alone in the first layer.
        let backwardMilliseconds: Double

        private enum CodingKeys: String, CodingKey {
            case scheme, tiles
            case forwardMilliseconds = "forward_milliseconds"
            case backwardMilliseconds = "backward_milliseconds"
        }
    }

    struct Shape: Encodable {
        /// The first layer of that shape.
        let layer: String
        let inputChannels: Int
        let outputChannels: Int
        /// Rows and columns of the maps.
        let size: Int
        /// Whether the table has a line for it; else its blocks are from the rule for all others.
        let isInTable: Bool
        /// What is used: by the scheme's rule and the table, its blocks cut to the tiles that there are.
        let scheme: String
        let forwardTiles: Int?
        let backwardTiles: Int?
        let entries: [Entry]

        /// The fastest of both directions together, each with its own blocks.
        var fastestScheme: String {
            Set(entries.map(\.scheme)).min {
                (fastest(\.forwardMilliseconds, of: $0) + fastest(\.backwardMilliseconds, of: $0), $0)
                    < (fastest(\.forwardMilliseconds, of: $1) + fastest(\.backwardMilliseconds, of: $1), $1)
            } ?? scheme
        }

        func fastest(_ time: (Entry) -> Double, of scheme: String) -> Double {
            entries.filter { $0.scheme == scheme }.map(time).min() ?? .infinity
        }

        /// Tiles of the fastest blocks.
        func fastestTiles(_ time: (Entry) -> Double, of scheme: String) -> Int? {
            entries.filter { $0.scheme == scheme }.min { time($0) < time($1) }?.tiles
        }

        private enum CodingKeys: String, CodingKey {
            case layer
            case inputChannels = "input_channels"
            case outputChannels = "output_channels"
            case size
            case isInTable = "in_table"
            case scheme
            case forwardTiles = "forward_tiles"
            case backwardTiles = "backward_tiles"
            case fastestScheme = "fastest_scheme"
            case fastestForwardTiles = "fastest_forward_tiles"
            case fastestBackwardTiles = "fastest_backward_tiles"
            case entries
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(layer, forKey: .layer)
            try container.encode(inputChannels, forKey: .inputChannels)
            try container.encode(outputChannels, forKey: .outputChannels)
            try container.encode(size, forKey: .size)
            try container.encode(isInTable, forKey: .isInTable)
            try container.encode(scheme, forKey: .scheme)
            try container.encode(forwardTiles, forKey: .forwardTiles)
            try container.encode(backwardTiles, forKey: .backwardTiles)
            try container.encode(fastestScheme, forKey: .fastestScheme)
            try container.encode(fastestTiles(\.forwardMilliseconds, of: fastestScheme), forKey: .fastestForwardTiles)
            try container.encode(fastestTiles(\.backwardMilliseconds, of: fastestScheme), forKey: .fastestBackwardTiles)
            try container.encode(entries, forKey: .entries)
        }
    }

    let bench = "blocks"
    let model: String
    let shard: Int
    let shapes: [Shape]
    let fingerprint: String
}

extension BlocksBenchResult {
    var text: String {
        """
        \(model); shards of \(shard), one thread
        * the fastest of a shape, by either direction; < what is used

        \(shapes.map(\.text).joined(separator: "\n"))
        \(summary)
        Blocks change no bit; the scheme does.
        \(fingerprint)

        """
    }

    private var summary: String {
        var rows = [["input", "output", "maps", "fastest scheme", "forward", "backward", "used scheme", "forward", "backward", "from"]]
        for shape in shapes {
            let scheme = shape.fastestScheme
            rows.append([
                "\(shape.inputChannels)", "\(shape.outputChannels)", "\(shape.size)×\(shape.size)", scheme,
                Self.tiles(shape.fastestTiles(\.forwardMilliseconds, of: scheme)),
                Self.tiles(shape.fastestTiles(\.backwardMilliseconds, of: scheme)), shape.scheme, Self.tiles(shape.forwardTiles),
                Self.tiles(shape.backwardTiles), shape.scheme == "direct" ? "" : shape.isInTable ? "table" : "rule",
            ])
        }
        return BenchText.table(rows, [.right, .right, .right, .left, .right, .right, .left, .right, .right, .left])
    }

    fileprivate static func tiles(_ count: Int?) -> String { count.map(String.init) ?? "–" }
}

extension BlocksBenchResult.Shape {
    fileprivate var text: String {
        let fastestForward = entries.map(\.forwardMilliseconds).min()
        let fastestBackward = entries.map(\.backwardMilliseconds).min()
        var rows = [["\(inputChannels) → \(outputChannels) at \(size)×\(size)", "tiles", "forward ms", "", "backward ms", ""]]
        for entry in entries {
            let isScheme = entry.scheme == scheme
            rows.append([
                entry.scheme, BlocksBenchResult.tiles(entry.tiles), BenchText.milliseconds(entry.forwardMilliseconds),
                (entry.forwardMilliseconds == fastestForward ? "*" : " ") + (isScheme && entry.tiles == forwardTiles ? "<" : ""),
                BenchText.milliseconds(entry.backwardMilliseconds),
                (entry.backwardMilliseconds == fastestBackward ? "*" : " ") + (isScheme && entry.tiles == backwardTiles ? "<" : ""),
            ])
        }
        return BenchText.table(rows, [.left, .right, .right, .left, .right, .left])
    }
}

import Datasets

/// The slow and plain way: pad, then move, then mirror, one pixel at a time, each step on a whole image of its own.
struct PreprocessingReference {
    /// [height][width][channels] values as the network takes them.
    typealias Image = [[[Float]]]
    let size: Int
    let background: [Float]

    func prepare(_ image: Image, draw: Augmentation.Draw) -> [Float] {
        let top = (size - image.count) / 2
        let left = (size - image[0].count) / 2
        let padded = make { row, column in
            let (y, x) = (row - top, column - left)
            return image.indices.contains(y) && image[0].indices.contains(x) ? image[y][x] : nil
        }
        let moved = make { row, column in
            let (y, x) = (row - draw.down, column - draw.right)
            return padded.indices.contains(y) && padded.indices.contains(x) ? padded[y][x] : nil
        }
        let mirrored = draw.flipped ? make { row, column in moved[row][size - 1 - column] } : moved
        return mirrored.flatMap { $0.flatMap(\.self) }
    }

    private func make(_ pixel: (Int, Int) -> [Float]?) -> Image {
        (0..<size).map { row in (0..<size).map { column in pixel(row, column) ?? background } }
    }
}

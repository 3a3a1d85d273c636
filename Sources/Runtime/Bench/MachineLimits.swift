import Kernels
import Tensors

/// What one thread of this machine can do with float32 products, measured beside the kernels that are compared with it.
struct MachineLimits: Encodable {
    /// 10⁹ multiplications and additions per second of OpenBLAS in a product of two matrices of 1,024 × 1,024.
    let sgemm: Double
    /// The same of the largest tile that our own products are made of, over operands in the first-level cache.
    let tile: Double

    private enum CodingKeys: String, CodingKey {
        case sgemm = "sgemm_gflops"
        case tile = "tile_gflops"
    }

    static func measure(runs: Int) -> MachineLimits {
        configureBLAS()
        let size = 1024
        let matrices = uniform([("left", [size, size]), ("right", [size, size]), ("output", [size, size])])
        // 128 products a sum: 23 KiB on both sides.
        let inner = 128
        let counts = LargestTile.counts(inner: inner)
        let tile = uniform([("left", [counts.left]), ("right", [counts.right]), ("output", [counts.output])])
        let calls = 1000
        let seconds = Timing.medians(
            runs: runs,
            [
                {
                    matrixProduct(
                        output: matrices.buffer("output"), left: matrices.buffer("left"), right: matrices.buffer("right"), rows: size,
                        columns: size, inner: size)
                },
                {
                    for _ in 0..<calls {
                        LargestTile.multiply(
                            output: tile.buffer("output"), left: tile.buffer("left"), right: tile.buffer("right"), inner: inner)
                    }
                },
            ])
        return MachineLimits(
            sgemm: 2e-9 * Double(size * size * size) / seconds[0],
            tile: 2e-9 * Double(calls * counts.output * inner) / seconds[1])
    }
}

/// A vector of named tensors, filled uniformly from [-1, 1), the same in every run.
func uniform(_ tensors: [(name: String, shape: Shape)]) -> ParameterVector {
    let vector = ParameterVector(TensorLayout(tensors))
    var stream = RandomStream(seed: 1, purpose: .synthetic)
    for index in 0..<vector.buffer.count { vector.buffer.pointer[index] = stream.nextUniform() * 2 - 1 }
    return vector
}

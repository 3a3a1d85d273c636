/// A way to make a tile of a 3×3 convolution's outputs from few products: y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ x B)]A (Winograd, "Arithmetic
/// complexity of computations", 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016). A scheme
/// gives the matrices of one dimension as functions over vectors of channels; two dimensions are one after the other.
///
/// The gradients are the transposes of the same matrices: of the weights G ᵀ[(Bᵀ x B) ⊙ (A y' Aᵀ)]G, of the input
/// B[(G w Gᵀ) ⊙ (A y' Aᵀ)]Bᵀ. So both take the same transform of the output's gradient, which has no overlap.
protocol TileScheme {
    /// Rows and columns of outputs in a tile.
    static var tile: Int { get }
    /// Rows and columns of inputs that a tile sees.
    static var window: Int { get }
    /// How many rows and columns the window begins before the tile.
    static var margin: Int { get }
    /// Products of one dimension; a tile takes points² for each pair of channels.
    static var points: Int { get }

    typealias Load = (_ index: Int) -> Vector
    typealias Store = (_ index: Int, _ value: Vector) -> Void

    /// Bᵀ: window → points.
    static func input(_ load: Load, _ store: Store)
    /// B: points → window.
    static func inputAdjoint(_ load: Load, _ store: Store)
    /// Aᵀ: points → tile.
    static func output(_ load: Load, _ store: Store)
    /// A: tile → points.
    static func outputAdjoint(_ load: Load, _ store: Store)
    /// G: 3 → points.
    static func weights(_ load: Load, _ store: Store)
    /// Gᵀ: points → 3.
    static func weightsAdjoint(_ load: Load, _ store: Store)
}

extension TileScheme {
    /// Products of a tile for each pair of channels.
    static var products: Int { @inline(__always) get { points &* points } }
}

/// One of a scheme's transforms.
enum TileTransform {
    case input, inputAdjoint, output, outputAdjoint, weights, weightsAdjoint
}

/// Applies a transform to the columns of a square of values, then to the rows of what came out: two dimensions from one.
/// - Parameter scratch: a vector for each value of the longer of both sides times the shorter, in the first-level cache.
@inline(__always)
func transformTile<Scheme: TileScheme>(
    _ scheme: Scheme.Type, _ transform: TileTransform, scratch: UnsafeMutablePointer<Float>,
    load: (_ row: Int, _ column: Int) -> Vector, store: (_ row: Int, _ column: Int, _ value: Vector) -> Void
) {
    let (from, to) = scheme.sides(transform)
    for column in 0..<from {
        scheme.apply(transform, { load($0, column) }, { scratch.store($1, at: ($0 &* from &+ column) &* vectorWidth) })
    }
    for row in 0..<to {
        scheme.apply(transform, { scratch.vector(at: (row &* from &+ $0) &* vectorWidth) }, { store(row, $0, $1) })
    }
}

extension TileScheme {
    @inline(__always)
    fileprivate static func sides(_ transform: TileTransform) -> (from: Int, to: Int) {
        switch transform {
        case .input: (window, points)
        case .inputAdjoint: (points, window)
        case .output: (points, tile)
        case .outputAdjoint: (tile, points)
        case .weights: (3, points)
        case .weightsAdjoint: (points, 3)
        }
    }

    @inline(__always)
    fileprivate static func apply(_ transform: TileTransform, _ load: Load, _ store: Store) {
        switch transform {
        case .input: input(load, store)
        case .inputAdjoint: inputAdjoint(load, store)
        case .output: output(load, store)
        case .outputAdjoint: outputAdjoint(load, store)
        case .weights: weights(load, store)
        case .weightsAdjoint: weightsAdjoint(load, store)
        }
    }
}

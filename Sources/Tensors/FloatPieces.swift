import Foundation

/// float32 elements where the frames of a message brought them, so that they are read without having been copied together.
/// libzmq allocates what it receives itself, so a tensor that came in several frames lies in as many places.
public struct FloatPieces: Sendable {
    /// A range of elements that begins at a multiple of this and is no longer lies in one piece.
    public static let grain = 1 << 15

    private struct Piece: Sendable {
        /// Only to be read.
        let buffer: FloatBuffer
        let owner: any Sendable
    }

    public let shape: Shape
    public var count: Int { shape.count }
    private let pieces: [Piece]
    /// Elements of every piece but the last, which may have fewer.
    private let length: Int

    /// - Parameter frames: the elements' bytes in order. They stay, and nobody changes them, for as long as this value lives.
    /// - Returns: nil where the frames are not cut as this program cuts them, or do not lie as floats do; they have to be copied then.
    public init?(_ shape: Shape, _ frames: [Data]) {
        let stride = MemoryLayout<Float>.stride
        guard let first = frames.first, let last = frames.last, shape.count > 0,
            frames.reduce(0, { $0 + $1.count }) == shape.count * stride,
            frames.dropLast().allSatisfy({ $0.count == first.count }), last.count <= first.count,
            frames.count == 1 || first.count % (Self.grain * stride) == 0
        else { return nil }
        var pieces: [Piece] = []
        for frame in frames {
            guard let piece = Self.piece(frame) else { return nil }
            pieces.append(piece)
        }
        self.shape = shape
        self.pieces = pieces
        length = first.count / stride
    }

    /// Few bytes may lie inside the data value itself and are copied; any others are on the heap, and stay there while it is held.
    private static func piece(_ frame: Data) -> Piece? {
        let count = frame.count / MemoryLayout<Float>.stride
        guard frame.count >= StoragePool.smallest else {
            let copy = AlignedStorage(count: count)
            frame.copyBytes(to: copy.buffer.mutableBytes)
            return Piece(buffer: copy.buffer, owner: copy)
        }
        return frame.withUnsafeBytes { bytes -> Piece? in
            guard let base = bytes.baseAddress, Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0 else { return nil }
            let elements = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: Float.self))
            return Piece(buffer: FloatBuffer(elements, count: count), owner: frame)
        }
    }

    /// Reads elements in place.
    /// - Precondition: the range lies in one piece, see `grain`.
    public func withSlice<Result>(_ range: Range<Int>, _ body: (FloatBuffer) -> Result) -> Result {
        let piece = pieces[range.lowerBound / length]
        let result = body(piece.buffer.slice(range.lowerBound % length, range.count))
        withExtendedLifetime(piece.owner) {}
        return result
    }

    /// Reads all elements, in order and in place.
    public func forEachSlice(_ body: (_ range: Range<Int>, _ slice: FloatBuffer) -> Void) {
        for start in stride(from: 0, to: count, by: Self.grain) {
            let range = start..<min(start + Self.grain, count)
            withSlice(range) { body(range, $0) }
        }
    }

    /// A copy in one place.
    public func gathered(from pool: StoragePool) -> Tensor {
        var tensor = Tensor(shape, from: pool)
        tensor.withMutableBuffer { tensor in forEachSlice { tensor.slice($0.lowerBound, $0.count).copy(from: $1) } }
        return tensor
    }
}

extension FloatPieces: Equatable {
    /// Elements are compared, not how they lie.
    public static func == (a: FloatPieces, b: FloatPieces) -> Bool {
        let pool = StoragePool(kept: 0)
        return a.gathered(from: pool) == b.gathered(from: pool)
    }
}

/// float32 elements to be read in slices: those of a tensor, or as frames brought them.
public enum FloatSource: Sendable {
    case tensor(Tensor)
    case pieces(FloatPieces)

    public var count: Int {
        switch self {
        case .tensor(let tensor): tensor.count
        case .pieces(let pieces): pieces.count
        }
    }

    /// Reads elements in place.
    /// - Precondition: the range begins at a multiple of `FloatPieces.grain` and is no longer.
    public func withSlice<Result>(_ range: Range<Int>, _ body: (FloatBuffer) -> Result) -> Result {
        switch self {
        case .tensor(let tensor): tensor.withBuffer { body($0.slice(range.lowerBound, range.count)) }
        case .pieces(let pieces): pieces.withSlice(range, body)
        }
    }
}

/// A float32 tensor with value semantics, row-major. For data at rest and tests; kernels work on `FloatBuffer`s.
public struct Tensor: Sendable, Equatable {
    public let shape: Shape
    private var storage: AlignedStorage

    /// Zeros.
    public init(_ shape: Shape) {
        self.shape = shape
        storage = AlignedStorage(count: shape.count)
    }

    /// - Precondition: `values` has as many elements as `shape`.
    public init(_ shape: Shape, _ values: [Float]) {
        precondition(values.count == shape.count, "\(values.count) values for shape \(shape)")
        self.init(shape)
        storage.buffer.copy(from: values)
    }

    public var count: Int { storage.count }
    public var array: [Float] { storage.buffer.array }

    public subscript(index: Int) -> Float {
        get { storage.buffer[index] }
        set {
            makeUnique()
            storage.buffer[index] = newValue
        }
    }

    /// Reads the elements in place.
    public func withBuffer<Result, Failure: Error>(_ body: (FloatBuffer) throws(Failure) -> Result) throws(Failure) -> Result {
        let result = try body(storage.buffer)
        withExtendedLifetime(storage) {}
        return result
    }

    /// Writes the elements in place; copies first where they are shared.
    public mutating func withMutableBuffer<Result, Failure: Error>(
        _ body: (FloatBuffer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        makeUnique()
        let result = try body(storage.buffer)
        withExtendedLifetime(storage) {}
        return result
    }

    private mutating func makeUnique() {
        guard !isKnownUniquelyReferenced(&storage) else { return }
        let copy = AlignedStorage(count: storage.count)
        copy.buffer.copy(from: storage.buffer)
        storage = copy
    }

    public static func == (a: Tensor, b: Tensor) -> Bool { a.shape == b.shape && a.array == b.array }
}

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

    /// Memory from a pool, with whatever was in it: to be written before it is read.
    public init(_ shape: Shape, from pool: StoragePool) {
        self.shape = shape
        storage = pool.take(shape.count)
    }

    /// The elements of a vector, flat and with their padding, in the vector's own memory. Its last writer has gone: what is
    /// written into the vector afterwards would show here.
    public init(adopting vector: ParameterVector) {
        shape = [vector.buffer.count]
        storage = vector.storage
    }

    /// Another process's memory, in place.
    /// - Parameter release: called when nobody here reads it any more, on any thread.
    /// - Precondition: the mapping has as many floats as the shape.
    public init(_ shape: Shape, _ mapping: SharedMapping, release: @escaping @Sendable () -> Void = {}) {
        precondition(mapping.count == shape.count, "\(mapping.count) floats are mapped for shape \(shape)")
        self.shape = shape
        storage = AlignedStorage(lent: mapping.pointer, count: mapping.count, isReadOnly: true) {
            withExtendedLifetime(mapping) {}
            release()
        }
    }

    public var count: Int { storage.count }
    /// The memory that another process may map to read the elements, if they lie in such. They must not change until it has
    /// said that it is done.
    public var segment: SharedSegment? { storage.segment }

    /// Keeps the memory in place and readable for as long as the object that it returns lives.
    public var owner: AnyObject { storage }

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

    /// Whether the elements can be changed in place: nobody else reads them.
    public var isUnshared: Bool {
        mutating get { isKnownUniquelyReferenced(&storage) && !storage.isReadOnly }
    }

    private mutating func makeUnique() {
        guard !isUnshared else { return }
        let copy = AlignedStorage(count: storage.count)
        copy.buffer.copy(from: storage.buffer)
        storage = copy
    }

    public static func == (a: Tensor, b: Tensor) -> Bool { a.shape == b.shape && a.array == b.array }
}

/// The one table of names, shapes and offsets that parameters, gradients, optimizer state, checkpoints and wire frames
/// share. Offsets count floats and are multiples of 16, so every tensor starts on a 64-byte boundary.
public struct TensorLayout: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        public let shape: Shape
        /// Floats from the start of the vector.
        public let offset: Int
        public var count: Int { shape.count }
    }

    public private(set) var entries: [Entry] = []
    /// The vector's length in floats, padding included. Padding is zero and stays zero.
    public private(set) var totalCount = 0
    private var indexByName: [String: Int] = [:]

    public init() {}

    public init(_ tensors: [(name: String, shape: Shape)]) {
        for tensor in tensors { append(tensor.name, tensor.shape) }
    }

    /// - Precondition: the name is new.
    public mutating func append(_ name: String, _ shape: Shape) {
        precondition(indexByName[name] == nil, "tensor \(name) stands twice in a layout")
        indexByName[name] = entries.count
        entries.append(Entry(name: name, shape: shape, offset: totalCount))
        totalCount += alignedFloatCount(shape.count)
    }

    public subscript(name: String) -> Entry? { indexByName[name].map { entries[$0] } }
    /// The number of elements without padding.
    public var elementCount: Int { entries.reduce(0) { $0 + $1.count } }
}

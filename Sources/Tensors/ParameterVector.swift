/// All tensors of one layout in one allocation. A reference type: whoever holds it shares it, so one thread writes at a
/// time (a lane its gradient, the session its weights), and readers hold it while nobody writes.
public final class ParameterVector: @unchecked Sendable {
    public let layout: TensorLayout
    private let storage: AlignedStorage

    /// Zeros.
    public init(_ layout: TensorLayout) {
        self.layout = layout
        storage = AlignedStorage(count: layout.totalCount)
    }

    /// The whole vector, padding included.
    public var buffer: FloatBuffer { storage.buffer }

    /// - Precondition: the layout has the name.
    public func buffer(_ name: String) -> FloatBuffer {
        guard let entry = layout[name] else { preconditionFailure("no tensor \(name) in this layout") }
        return buffer(entry)
    }

    public func buffer(_ entry: TensorLayout.Entry) -> FloatBuffer { storage.buffer.slice(entry.offset, entry.count) }

    public func copy() -> ParameterVector {
        let copy = ParameterVector(layout)
        copy.buffer.copy(from: buffer)
        return copy
    }
}

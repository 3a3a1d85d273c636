/// All tensors of one layout in one allocation. A reference type: whoever holds it shares it, so one thread writes at a
/// time (a lane its gradient, the session its weights), and readers hold it while nobody writes.
public final class ParameterVector: @unchecked Sendable {
    public let layout: TensorLayout
    let storage: AlignedStorage

    /// Zeros.
    public init(_ layout: TensorLayout) {
        self.layout = layout
        storage = AlignedStorage(count: layout.totalCount)
    }

    /// Memory from a pool: what was in it stands there until it is overwritten, but for the padding, which is zero.
    public init(_ layout: TensorLayout, from pool: StoragePool) {
        self.layout = layout
        storage = pool.take(layout.totalCount)
        for entry in layout.entries {
            let end = entry.offset + alignedFloatCount(entry.count)
            storage.buffer.slice(entry.offset + entry.count, end - entry.offset - entry.count).fill(0)
        }
    }

    /// Zeros that other processes can map, where the system has such memory.
    public init(sharing layout: TensorLayout) {
        self.layout = layout
        storage = (try? SharedSegment(count: layout.totalCount)).map { AlignedStorage($0) } ?? AlignedStorage(count: layout.totalCount)
    }

    /// Another process's memory, in place; only to be read.
    /// - Precondition: the mapping has the layout's length.
    public init(_ layout: TensorLayout, _ mapping: SharedMapping) {
        precondition(mapping.count == layout.totalCount, "\(mapping.count) floats are mapped for a vector of \(layout.totalCount)")
        self.layout = layout
        storage = AlignedStorage(lent: mapping.pointer, count: mapping.count, isReadOnly: true) { withExtendedLifetime(mapping) {} }
    }

    /// The memory that another process may map to read the vector, if it lies in such.
    public var segment: SharedSegment? { storage.segment }

    /// Changes the elements in place, and lets other processes know that they change.
    public func rewrite<Failure: Error>(_ body: (FloatBuffer) throws(Failure) -> Void) throws(Failure) {
        segment?.beginWriting()
        defer { segment?.endWriting() }
        try body(buffer)
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

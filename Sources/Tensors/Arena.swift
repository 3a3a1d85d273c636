/// One allocation from which a lane takes all its buffers, so that a step allocates nothing.
///
/// Plan first, then build: `reserve` hands out offsets, `build` allocates, `subscript` turns offsets into buffers.
public final class Arena: @unchecked Sendable {
    /// A place in an arena: floats from its start, and how many.
    public struct Region: Sendable, Equatable {
        public let offset: Int
        public let count: Int
    }

    /// Adds up regions before the allocation is made.
    public struct Plan: Sendable {
        /// Floats reserved so far; regions start on 64-byte boundaries.
        public private(set) var totalCount = 0

        public init() {}

        public mutating func reserve(_ count: Int) -> Region {
            defer { totalCount += alignedFloatCount(count) }
            return Region(offset: totalCount, count: count)
        }
    }

    private let storage: AlignedStorage

    public init(_ plan: Plan) { storage = AlignedStorage(count: plan.totalCount) }

    public var byteCount: Int { storage.count * MemoryLayout<Float>.stride }
    public subscript(region: Region) -> FloatBuffer { storage.buffer.slice(region.offset, region.count) }
}

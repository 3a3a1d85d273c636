import Synchronization

/// Large buffers that are used again from step to step: a buffer comes back when the last tensor or vector over it goes. New
/// memory costs a page fault for every 4 KiB, several times as much as adding up what lies in it.
public final class StoragePool: Sendable {
    /// Smaller buffers are allocated as any other.
    public static let smallest = 1 << 16

    private struct Block: Sendable {
        let storage: AlignedStorage
        var segment: SharedSegment? { storage.segment }
    }

    /// Whether other processes can map what it hands out.
    public let isShared: Bool
    private let kept: Int
    /// Oldest first.
    private let free = Mutex<[Block]>([])

    /// - Parameters:
    ///   - kept: how many free buffers wait for their next use at most; the one that waited longest goes first.
    ///   - isShared: of memory that other processes can map, where the system has such.
    public init(kept: Int, isShared: Bool = false) {
        self.kept = kept
        self.isShared = isShared
    }

    /// How many buffers wait.
    public var freeCount: Int { free.withLock { $0.count } }

    /// A buffer with whatever its last user left in it.
    func take(_ count: Int) -> AlignedStorage {
        guard count * MemoryLayout<Float>.stride >= Self.smallest else { return AlignedStorage(count: count) }
        let waiting = free.withLock { free in
            free.lastIndex { $0.storage.count == count }.map { free.remove(at: $0) }
        }
        let block = waiting ?? makeBlock(count)
        block.segment?.beginWriting()
        return AlignedStorage(lent: block.storage.pointer, count: count, segment: block.segment, isReadOnly: false) { [weak self] in
            self?.giveBack(block)
        }
    }

    private func makeBlock(_ count: Int) -> Block {
        guard isShared, let segment = try? SharedSegment(count: count) else { return Block(storage: AlignedStorage(count: count)) }
        return Block(storage: AlignedStorage(segment))
    }

    private func giveBack(_ block: Block) {
        // One that another process may still read never comes back.
        guard block.segment?.isGivenUp != true else { return }
        // Unmapped outside the lock.
        let surplus = free.withLock { free -> Block? in
            free.append(block)
            return free.count > kept ? free.removeFirst() : nil
        }
        withExtendedLifetime(surplus) {}
    }
}

extension AlignedStorage {
    /// A segment's elements.
    convenience init(_ segment: SharedSegment) {
        self.init(lent: segment.pointer, count: segment.count, segment: segment, isReadOnly: false) { withExtendedLifetime(segment) {} }
    }
}

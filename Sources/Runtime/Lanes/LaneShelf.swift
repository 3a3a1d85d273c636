import Synchronization

/// Lanes by number, made when first taken and kept, so that buffers outlive the threads that use them. Each number is in
/// use by one thread at a time.
final class LaneShelf<Lane: Sendable>: Sendable {
    private let stored = Mutex<[Int: Lane]>([:])
    private let make: @Sendable () -> Lane

    init(make: @escaping @Sendable () -> Lane) { self.make = make }

    subscript(number: Int) -> Lane {
        if let lane = stored.withLock({ $0[number] }) { return lane }
        // Outside the lock: lanes are large, and their memory is first touched by the thread that will use it.
        let lane = make()
        stored.withLock { $0[number] = lane }
        return lane
    }
}

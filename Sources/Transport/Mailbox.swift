/// A queue between threads: any thread puts, and a consumer waits for the next element or for a deadline, whichever comes
/// first. One mailbox may take from several sources, from a socket and from lanes that compute, say.
public final class Mailbox<Element: Sendable>: @unchecked Sendable {
    private let condition = MonotonicCondition()
    /// Everything below is guarded by `condition`.
    private var elements = Queue<Element>()
    private var closed = false

    public init() {}

    /// Adds an element; after `close` it is thrown away.
    public func put(_ element: Element) {
        condition.withLock {
            guard !closed else { return }
            elements.append(element)
            condition.signal()
        }
    }

    /// The oldest element; nil when the deadline passes first, or when the mailbox is closed and empty. An element that is
    /// there already is returned even where the deadline has passed.
    public func next(until deadline: ContinuousClock.Instant) -> Element? {
        condition.withLock {
            while elements.isEmpty, !closed, ContinuousClock.now < deadline { condition.wait(until: deadline) }
            return elements.takeFirst()
        }
    }

    /// The oldest element if there is one, without waiting.
    public func next() -> Element? { condition.withLock { elements.takeFirst() } }

    /// Wakes every waiter. What lies in the mailbox can still be taken.
    public func close() {
        condition.withLock {
            closed = true
            condition.signal(all: true)
        }
    }

    public var isClosed: Bool { condition.withLock { closed } }
    public var count: Int { condition.withLock { elements.count } }
}

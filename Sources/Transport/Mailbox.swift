/// A queue between threads: any thread puts, and a consumer waits for the next element or for a deadline, whichever comes
/// first. One mailbox may take from several sources, from a socket and from lanes that compute, say.
public final class Mailbox<Element: Sendable>: @unchecked Sendable {
    private let condition = MonotonicCondition()
    /// Everything below is guarded by `condition`. Elements before `head` are taken.
    private var elements: [Element?] = []
    private var head = 0
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
            while head == elements.count, !closed, ContinuousClock.now < deadline { condition.wait(until: deadline) }
            return takeFirst()
        }
    }

    /// The oldest element if there is one, without waiting.
    public func next() -> Element? { condition.withLock { takeFirst() } }

    /// Wakes every waiter. What lies in the mailbox can still be taken.
    public func close() {
        condition.withLock {
            closed = true
            condition.signal(all: true)
        }
    }

    public var isClosed: Bool { condition.withLock { closed } }
    public var count: Int { condition.withLock { elements.count - head } }

    private func takeFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: head <= 1024)
            head = 0
        } else if head >= 1024, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}

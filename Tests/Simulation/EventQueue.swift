/// What will happen, by time; what happens at the same time comes in the order in which it was arranged.
struct EventQueue<Event> {
    private struct Entry {
        let time: Double
        let number: Int
        let event: Event

        func comesBefore(_ other: Entry) -> Bool { time < other.time || (time == other.time && number < other.number) }
    }

    private var heap: [Entry] = []
    private var number = 0

    var count: Int { heap.count }

    mutating func add(_ event: Event, at time: Double) {
        number += 1
        heap.append(Entry(time: time, number: number, event: event))
        var index = heap.count - 1
        while index > 0, heap[index].comesBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> (time: Double, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, first.event) }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].comesBefore(heap[least]) { least = child }
            guard least != index else { break }
            heap.swapAt(index, least)
            index = least
        }
        return (first.time, first.event)
    }
}

import Diagnostics
import Messages
import Tensors

/// A worker's side of memory in common with a coordinator on the same machine: it reads weights where the coordinator has them,
/// and lends the sums it made until the coordinator has read them.
final class WorkerMemory {
    /// Shows a coordinator that it runs on this machine; nil where the system has no such memory, or it is not wanted.
    private let probe: SharedSegment?
    /// What the coordinator may still be reading, by sequence number.
    private var lent: [Int: Tensor] = [:]
    /// The coordinator's segments, by identifier.
    private var mappings: [String: SharedMapping] = [:]
    /// Whether the coordinator can map this worker's memory.
    private(set) var lends = false
    /// More than this many at a time are not lent: one acknowledgement lost is one buffer lost.
    private let lentLimit: Int

    init(threads: Int) {
        probe = sharedMemoryIsWanted ? try? SharedSegment(count: 0) : nil
        lentLimit = 2 * threads + 4
    }

    /// For the hello.
    var offer: SegmentReference? { probe?.reference }

    /// A coordinator has answered; what another one held is its own.
    func begin(_ welcome: Welcome) {
        giveUpLent()
        mappings = [:]
        lends = probe != nil && welcome.memory != nil
    }

    /// From now on everything travels.
    func stopLending() { lends = false }

    // MARK: Results

    /// The result with its large tensors left where they are, if the coordinator can read them there.
    func lend(_ result: UnitResult) -> UnitResult {
        guard lends else { return result }
        var result = result
        result.tensors = result.tensors.map { tensor in
            guard lent.count < lentLimit, case .floats(let floats) = tensor.content, let segment = floats.segment else { return tensor }
            segment.endWriting()
            let reference = segment.reference
            lent[reference.sequence] = floats
            return WireTensor(tensor.name, tensor.shape, at: reference)
        }
        return result
    }

    /// The coordinator has read it.
    func release(_ sequence: Int) { lent[sequence] = nil }

    /// Nobody will say when the coordinator is done: the memory is not used again, and goes when both have let it go.
    func giveUpLent() {
        for tensor in lent.values { tensor.segment?.giveUp() }
        lent = [:]
    }

    // MARK: Weights

    /// - Throws: `Problem` where the tensor does not lie in memory that this process can map, or lies there no more.
    func parameters(_ tensor: WireTensor, at reference: SegmentReference, layout: TensorLayout) throws(Problem) -> HeldParameters {
        guard tensor.shape.count == layout.totalCount else {
            throw Problem("\(tensor.shape.count) elements are no vector of \(layout.totalCount)")
        }
        let mapping: SharedMapping
        if let known = mappings[reference.identifier], known.count == layout.totalCount {
            mapping = known
        } else {
            mapping = try SharedMapping(reference, count: layout.totalCount)
            // One for each set, and a few that a new one has replaced.
            if mappings.count >= 8 { mappings = [:] }
            mappings[reference.identifier] = mapping
        }
        let held = HeldParameters(vector: ParameterVector(layout, mapping), source: (mapping, reference.sequence))
        guard held.isIntact else { throw Problem("the weights have changed since they were announced") }
        return held
    }
}

/// A parameter set as a worker has it: its own copy, or the coordinator's memory.
struct HeldParameters: Sendable {
    let vector: ParameterVector
    /// Whose memory it is, and which content is meant.
    let source: (mapping: SharedMapping, sequence: Int)?

    /// Whether it still is what was announced. A worker that was frozen and given up may find the weights of a later step in
    /// their place: what it computes from them must not count.
    var isIntact: Bool { source.map { $0.mapping.holds($0.sequence) } ?? true }
}

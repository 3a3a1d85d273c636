import Diagnostics
import Messages
import Tensors

/// The coordinator's side of memory in common with workers on the same machine: it reads their sums where they made them, and
/// tells them when it has done so.
final class Neighbours {
    private struct Neighbour {
        /// Whether it reads weights where this process has them.
        var readsWeights = true
        /// Its segments, by identifier.
        var mappings: [String: SharedMapping] = [:]
    }

    /// Shows workers that they run on this machine; nil where the system has no such memory, or it is not wanted.
    private let probe = sharedMemoryIsWanted ? try? SharedSegment(count: 0) : nil
    /// What the hello that is being handled offers.
    private var offers: [PeerID: SegmentReference] = [:]
    private var neighbours: [PeerID: Neighbour] = [:]
    private let acknowledge: @Sendable (_ peer: PeerID, _ sequence: Int) -> Void
    /// A worker has as many segments as sums under way; one that names ever new ones loses the older.
    private static let mappingLimit = 256

    /// - Parameter acknowledge: tells a worker that its memory was read; called on any thread.
    init(acknowledge: @escaping @Sendable (_ peer: PeerID, _ sequence: Int) -> Void) { self.acknowledge = acknowledge }

    // MARK: Membership

    func note(_ hello: Hello, from peer: PeerID) { offers = hello.memory.map { [peer: $0] } ?? [:] }

    /// The welcome as this worker should have it: with memory of ours, if its own can be mapped here.
    func completed(_ welcome: Welcome, for peer: PeerID) -> Welcome {
        guard let probe, let offer = offers.removeValue(forKey: peer), (try? SharedMapping(offer, count: 0)) != nil else {
            neighbours[peer] = nil
            return welcome
        }
        neighbours[peer] = Neighbour()
        var welcome = welcome
        welcome.memory = probe.reference
        return welcome
    }

    func forget(_ peer: PeerID) { neighbours[peer] = nil }

    // MARK: Weights

    func readsWeights(_ peer: PeerID) -> Bool { neighbours[peer]?.readsWeights ?? false }

    /// It has failed, perhaps since it could not map them.
    func sendWeights(to peer: PeerID) { neighbours[peer]?.readsWeights = false }

    // MARK: Results

    /// The result with the tensors that were left in the worker's memory in place.
    /// - Throws: `Problem` where that memory is not to be had.
    func mapped(_ result: UnitResult, from peer: PeerID) throws(Problem) -> UnitResult {
        guard result.tensors.contains(where: { $0.memory != nil }) else { return result }
        var result = result
        var tensors: [WireTensor] = []
        for tensor in result.tensors {
            guard let reference = tensor.memory else {
                tensors.append(tensor)
                continue
            }
            let mapping = try mapping(reference, count: tensor.shape.count, of: peer)
            guard mapping.holds(reference.sequence) else { throw Problem("tensor \(tensor.name) has changed since it was announced") }
            let floats = Tensor(tensor.shape, mapping) { [acknowledge] in acknowledge(peer, reference.sequence) }
            tensors.append(WireTensor(tensor.name, floats))
        }
        result.tensors = tensors
        return result
    }

    private func mapping(_ reference: SegmentReference, count: Int, of peer: PeerID) throws(Problem) -> SharedMapping {
        guard let neighbour = neighbours[peer] else { throw Problem("memory of a worker that runs elsewhere") }
        if let known = neighbour.mappings[reference.identifier], known.count == count { return known }
        let mapping = try SharedMapping(reference, count: count)
        if neighbour.mappings.count >= Self.mappingLimit { neighbours[peer]?.mappings = [:] }
        neighbours[peer]?.mappings[reference.identifier] = mapping
        return mapping
    }
}

import Diagnostics
import Tensors

/// One fully connected head without bias from a layer's tap to the labels.
public struct Head: Hashable, Sendable {
    /// The tap's name.
    public let layer: String
    /// The tap's place in `Network.taps`.
    public let tapIndex: Int
    /// What the head sees: the tap, or its average over height × width windows where it is pooled.
    public let height: Int
    public let width: Int
    public let channels: Int
    /// Whether the tap is average-pooled first.
    public let isPooled: Bool
    /// Positions that a filter has in the head, P.
    public var positions: Int { height * width }
    /// Inputs of the head, P · F.
    public var inputs: Int { positions * channels }
}

/// The heads of a network and the layout of their weights: "head.conv1.weight" …, each [K, H · W · F], flattened row, column,
/// channel (files: channel, row, column).
public struct HeadSet: Sendable {
    public let heads: [Head]
    public let labels: Int
    /// P of `headPool`, nil where heads see whole maps.
    public let pool: Int?
    public let layout: TensorLayout

    /// - Parameters:
    ///   - labels: K, from 1 up.
    ///   - headPool: maps larger than P × P are averaged to P × P first.
    ///   - layers: names of the taps that get a head; nil for all.
    public init(_ network: Network, labels: Int, headPool: Int? = nil, layers: [String]? = nil) throws(Problem) {
        guard labels >= 1, labels <= ModelSpecification.largestLabelCount else {
            throw Problem(
                "labels is \(labels)", remedy: "use a whole number from 1 to \(ModelSpecification.largestLabelCount)")
        }
        if let headPool, headPool < 1 {
            throw Problem("headPool is \(headPool)", remedy: "use a whole number from 1 up, or leave it out for whole maps")
        }
        let names = network.taps.map(\.name)
        for layer in layers ?? [] where !names.contains(layer) {
            throw Problem("unknown layer \"\(layer)\"", remedy: suggestion(for: layer, among: names))
        }
        var heads: [Head] = []
        var layout = TensorLayout()
        for (index, tap) in network.taps.enumerated() where layers?.contains(tap.name) ?? true {
            let height = min(tap.height, headPool ?? tap.height)
            let width = min(tap.width, headPool ?? tap.width)
            let head = Head(
                layer: tap.name, tapIndex: index, height: height, width: width, channels: tap.channels,
                isPooled: height < tap.height || width < tap.width)
            heads.append(head)
            layout.append(Self.tensorName(tap.name), [labels, head.inputs])
        }
        self.heads = heads
        self.labels = labels
        pool = headPool
        self.layout = layout
    }

    /// Fresh weights as PyTorch's nn.Linear draws them: uniform in ±1/√inputs. A head's values depend on the seed and its
    /// tap alone, not on which other heads there are.
    public func initialParameters(seed: UInt64) -> ParameterVector {
        let parameters = ParameterVector(layout)
        for (head, entry) in zip(heads, layout.entries) {
            // Major 1 keeps apart from the network's own tensors, which draw from major 0.
            var stream = RandomStream(seed: seed, purpose: .initialization, major: 1, minor: head.tapIndex)
            stream.fillUniform(parameters.buffer(entry), bound: 1 / Double(head.inputs).squareRoot())
        }
        return parameters
    }
}

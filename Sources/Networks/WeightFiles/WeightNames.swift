import Diagnostics
import Tensors

/// The names of one convention for one network's layers, both ways. A tensor's name is that of its layer, a dot, and `weight`,
/// `bias`, `running_mean` and so on, which are the same in all conventions. A layer that has no other name keeps torchvision's.
public struct WeightNames: Sendable {
    private var others: [String: String] = [:]
    private var torchvisions: [String: String] = [:]

    private init(_ pairs: [(torchvision: String, other: String)]) {
        for pair in pairs {
            others[pair.torchvision] = pair.other
            torchvisions[pair.other] = pair.torchvision
        }
    }

    /// A tensor's name in the convention.
    public func name(of torchvisionName: String) -> String { Self.rename(torchvisionName, others) }

    /// A tensor's name in torchvision.
    public func torchvisionName(of name: String) -> String { Self.rename(name, torchvisions) }

    private static func rename(_ name: String, _ layers: [String: String]) -> String {
        guard let dot = name.lastIndex(of: "."), let layer = layers[String(name[..<dot])] else { return name }
        return layer + name[dot...]
    }
}

extension WeightNames {
    /// For a network whose tensors have torchvision's names.
    /// - Throws: a `Problem` where the convention has no names for such a network.
    public static func writing(
        _ convention: WeightConvention, _ shapes: [String: Shape], path: String
    ) throws(Problem) -> WeightNames {
        let isMBConv = shapes["features.0.0.weight"] != nil
        let isLinear = shapes["classifier.weight"] != nil
        switch convention {
        case .torchvision: return WeightNames([])
        case .timm where isMBConv: return WeightNames(EfficientNetNames.timm)
        case .timm:
            guard !isLinear else {
                throw Problem("timm has no VGG with a linear classifier", at: path, remedy: "use --to layers or a mapping file")
            }
            return WeightNames(timmClassifier)
        case .layers:
            let convolutions = shapes.count { $0.key.hasPrefix("features.") && $0.value.rank == 4 }
            guard !isMBConv, let configuration = VGGConfiguration(convolutions: convolutions) else {
                throw Problem("only VGG has names of the form layer1.0", at: path, remedy: "use --to timm or torchvision")
            }
            let layers = layerNames(configuration, batchNorm: shapes["features.1.weight"] != nil) { "layer\($0.convolution)" }
            return WeightNames(layers + (isLinear ? [("classifier", "fc")] : zip(mlp, mlpNames[0]).map { ($0, $1) }))
        }
    }

    /// For a file whose tensors have the convention's names.
    /// - Throws: a `Problem` where no network has such tensors.
    public static func reading(
        _ convention: WeightConvention, _ shapes: [String: Shape], path: String
    ) throws(Problem) -> WeightNames {
        switch convention {
        case .torchvision: return WeightNames([])
        case .timm: return WeightNames(shapes["conv_stem.weight"] != nil ? EfficientNetNames.timm : timmClassifier)
        case .layers:
            let convolutions = shapes.count { $0.key.hasPrefix("layer") && $0.value.rank == 4 }
            guard let configuration = VGGConfiguration(convolutions: convolutions) else {
                throw Problem(
                    "has \(convolutions) convolutions, and of the networks that are known "
                        + VGGConfiguration.allCases.map { "\($0.rawValue) has \($0.convolutionCount)" }.joined(separator: ", "),
                    at: path)
            }
            let inBlocks = shapes["layer1.0.0.weight"] != nil
            let first = inBlocks ? "layer1.0" : "layer1"
            let layers = layerNames(configuration, batchNorm: shapes["\(first).1.weight"] != nil) {
                inBlocks ? "layer\($0.block).\($0.indexInBlock)" : "layer\($0.convolution)"
            }
            return WeightNames(layers + classifierNames(shapes))
        }
    }

    private struct Place {
        /// From 1.
        let convolution: Int
        /// From 1.
        let block: Int
        /// From 0.
        let indexInBlock: Int
    }

    /// Convolutions are `NAME.0` and batch norms `NAME.1`.
    private static func layerNames(
        _ configuration: VGGConfiguration, batchNorm: Bool, name: (Place) -> String
    ) -> [(torchvision: String, other: String)] {
        var pairs: [(torchvision: String, other: String)] = []
        var (feature, convolution, block, indexInBlock) = (0, 1, 1, 0)
        for step in configuration.steps {
            guard step != .pool else {
                (feature, block, indexInBlock) = (feature + 1, block + 1, 0)
                continue
            }
            let layer = name(Place(convolution: convolution, block: block, indexInBlock: indexInBlock))
            pairs.append(("features.\(feature)", layer + ".0"))
            if batchNorm { pairs.append(("features.\(feature + 1)", layer + ".1")) }
            feature += batchNorm ? 3 : 2
            convolution += 1
            indexInBlock += 1
        }
        return pairs
    }

    /// The classifier's layers, by those of the usual names that stand in the file.
    private static func classifierNames(_ shapes: [String: Shape]) -> [(torchvision: String, other: String)] {
        func isThere(_ layer: String) -> Bool { shapes[layer + ".weight"]?.rank == 2 }
        if let names = mlpNames.first(where: { $0.allSatisfy(isThere) }) { return zip(mlp, names).map { ($0, $1) } }
        return linearNames.first(where: isThere).map { [("classifier", $0)] } ?? []
    }

    private static let mlp = ["classifier.0", "classifier.3", "classifier.6"]
    /// With dropout before the layer, without, and plain; the first are written.
    private static let mlpNames = [
        ["fc.1", "fc1.1", "fc2.0"], ["fc.0", "fc1.0", "fc2.0"], ["fc.1", "fc1.1", "fc2"], ["fc1.0", "fc2.0", "fc3.0"],
        ["fc1.1", "fc2.1", "fc3.0"], ["fc1.0", "fc2.0", "fc3"], ["fc1", "fc2", "fc3"], ["layer6.0", "layer7.0", "layer8"],
        ["classifier.0", "classifier.3", "classifier.6"],
    ]
    private static let linearNames = [
        "fc", "fc.0", "fc.1", "fc1", "fc1.0", "linear", "classifier", "classifier.0", "layer8", "layer6",
    ]

    private static let timmClassifier = [
        ("classifier.0", "pre_logits.fc1"), ("classifier.3", "pre_logits.fc2"), ("classifier.6", "head.fc"),
    ]
}

/// timm's names for the layers of torchvision's EfficientNets of seven stages, as many blocks as any of them has.
private enum EfficientNetNames {
    static let timm: [(torchvision: String, other: String)] = {
        var pairs = [
            ("features.0.0", "conv_stem"), ("features.0.1", "bn1"), ("features.8.0", "conv_head"), ("features.8.1", "bn2"),
            ("classifier.1", "classifier"),
        ]
        for stage in 1...7 {
            for block in 0..<mostBlocks {
                for (ours, theirs) in stage == 1 ? unexpanded : expanded {
                    pairs.append(("features.\(stage).\(block).block.\(ours)", "blocks.\(stage - 1).\(block).\(theirs)"))
                }
            }
        }
        return pairs
    }()

    private static let mostBlocks = 16

    /// Blocks of the first stage have no expansion.
    private static let unexpanded = [
        ("0.0", "conv_dw"), ("0.1", "bn1"), ("1.fc1", "se.conv_reduce"), ("1.fc2", "se.conv_expand"), ("2.0", "conv_pw"),
        ("2.1", "bn2"),
    ]
    private static let expanded = [
        ("0.0", "conv_pw"), ("0.1", "bn1"), ("1.0", "conv_dw"), ("1.1", "bn2"), ("2.fc1", "se.conv_reduce"),
        ("2.fc2", "se.conv_expand"), ("3.0", "conv_pwl"), ("3.1", "bn3"),
    ]
}

extension VGGConfiguration {
    var convolutionCount: Int { steps.count { $0 != .pool } }

    init?(convolutions: Int) {
        guard let found = Self.allCases.first(where: { $0.convolutionCount == convolutions }) else { return nil }
        self = found
    }
}

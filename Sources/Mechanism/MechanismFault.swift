import Diagnostics

/// What can keep the per-filter phase from having a result. Named, so that no NaN travels on as if it were a figure.
public enum MechanismFault: Error, Hashable, Sendable {
    /// These labels have no image in the split that was surveyed: their mean activation is undefined.
    case labelsWithoutImages(layer: String, labels: [Int])
    /// A filter's field holds a NaN or an infinity.
    case fieldNotFinite(layer: String, filter: Int)
    /// Head weights or label means of another shape than the layer's.
    case shapeMismatch(layer: String, what: String)

    /// The fault where filters were counted from another one on.
    public func movedBy(_ filters: Int) -> MechanismFault {
        guard case .fieldNotFinite(let layer, let filter) = self else { return self }
        return .fieldNotFinite(layer: layer, filter: filter + filters)
    }

    /// The fault as users are told of it.
    public var problem: Problem {
        switch self {
        case .labelsWithoutImages(let layer, let labels):
            let shown = labels.prefix(10).map(String.init).joined(separator: ", ") + (labels.count > 10 ? ", …" : "")
            return Problem(
                "no image of label \(shown): the mean activation of that label is undefined", at: "layer \(layer)",
                remedy: "survey a split in which every label occurs, or draw fewer labels with ?labels=")
        case .fieldNotFinite(let layer, let filter):
            return Problem(
                "the field of filter \(filter) is not finite", at: "layer \(layer)",
                remedy: "look for NaN or infinity in the weights of the network and of head.\(layer); training may have diverged")
        case .shapeMismatch(let layer, let what):
            return Problem(what, at: "layer \(layer)", remedy: "take heads that were trained on this network")
        }
    }
}

import Messages

extension UnitDescription {
    /// Where a unit stands in its phase, for the journal: its step, where it has one, and which part of the step it is.
    var place: (step: Int?, node: String) {
        switch self {
        case .train(let unit), .heads(let unit): (unit.step, Self.text(unit.part.node))
        case .survey(let unit): (nil, Self.text(unit.part.node))
        case .filters(let unit): (nil, "\(unit.layer) \(unit.firstFilter)+\(unit.filterCount)")
        }
    }

    private static func text(_ node: TreeNode) -> String { "\(node.level)/\(node.index)" }
}

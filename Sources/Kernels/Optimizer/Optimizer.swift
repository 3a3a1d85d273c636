import Tensors

/// How weights follow their gradient. What it carries from step to step are vectors as long as the weights, zero at the start.
///
///     let optimizer = Optimizer.rmsProp(RMSProp(decay: 0.9, epsilon: 0.0316, momentum: 0.9))
///     let state = optimizer.stateNames.map { _ in ParameterVector(layout) }
public enum Optimizer: Sendable, Hashable {
    /// Stochastic gradient descent with Nesterov momentum.
    case nesterov(momentum: Double)
    case rmsProp(RMSProp)
    case adamW(AdamW)

    /// What its vectors are called, in the order in which `step` takes them; checkpoints keep them under these names.
    public var stateNames: [String] {
        switch self {
        case .nesterov: ["velocity"]
        case .rmsProp: ["velocity", "square-average"]
        case .adamW: ["gradient-average", "square-average"]
        }
    }

    private var stateCount: Int { if case .nesterov = self { 1 } else { 2 } }

    /// One step over a range of the weights; all buffers have one length. It is elementwise: how a vector is cut into ranges, and
    /// which thread takes which, changes no bit.
    ///
    /// - Parameters:
    ///   - state: one buffer for each of `stateNames`, changed in place.
    ///   - step: counted from 0, since the state was zero.
    public func step(
        weights: FloatBuffer, state: [FloatBuffer], gradient: FloatBuffer, learningRate: Double, weightDecay: Double, step: Int
    ) {
        require(state.count == stateCount, "the state of another optimizer")
        switch self {
        case .nesterov(let momentum):
            nesterovStep(
                weights: weights, velocity: state[0], gradient: gradient, learningRate: Float(learningRate), momentum: Float(momentum),
                weightDecay: Float(weightDecay))
        case .rmsProp(let settings):
            rmsPropStep(
                weights: weights, squares: state[1], velocity: state[0], gradient: gradient, settings: settings,
                learningRate: learningRate, weightDecay: weightDecay)
        case .adamW(let settings):
            adamWStep(
                weights: weights, mean: state[0], squares: state[1], gradient: gradient, settings: settings,
                learningRate: learningRate, weightDecay: weightDecay, step: step)
        }
    }
}

extension Reference {
    /// One step of Nesterov's momentum as PyTorch's SGD takes it; see `nesterovStep`.
    @inlinable
    public static func nesterovStep<Scalar: BinaryFloatingPoint>(
        weights: inout [Scalar], velocity: inout [Scalar], gradient: [Scalar], learningRate: Scalar, momentum: Scalar,
        weightDecay: Scalar
    ) {
        for index in weights.indices {
            let slope = gradient[index] + weightDecay * weights[index]
            velocity[index] = momentum * velocity[index] + slope
            weights[index] -= learningRate * (slope + momentum * velocity[index])
        }
    }

    /// One step of RMSprop as PyTorch takes it; see `rmsPropStep`.
    @inlinable
    public static func rmsPropStep<Scalar: BinaryFloatingPoint>(
        weights: inout [Scalar], squares: inout [Scalar], velocity: inout [Scalar], gradient: [Scalar], decay: Scalar,
        epsilon: Scalar, momentum: Scalar, learningRate: Scalar, weightDecay: Scalar
    ) {
        for index in weights.indices {
            let slope = gradient[index] + weightDecay * weights[index]
            squares[index] = decay * squares[index] + (1 - decay) * slope * slope
            velocity[index] = momentum * velocity[index] + slope / (squares[index].squareRoot() + epsilon)
            weights[index] -= learningRate * velocity[index]
        }
    }

    /// One step of AdamW as PyTorch takes it; see `adamWStep`. The step counts from 0.
    @inlinable
    public static func adamWStep<Scalar: BinaryFloatingPoint>(
        weights: inout [Scalar], mean: inout [Scalar], squares: inout [Scalar], gradient: [Scalar], beta1: Scalar, beta2: Scalar,
        epsilon: Scalar, learningRate: Scalar, weightDecay: Scalar, step: Int
    ) {
        var (left1, left2): (Scalar, Scalar) = (1, 1)
        for _ in 0...step { (left1, left2) = (left1 * beta1, left2 * beta2) }
        for index in weights.indices {
            weights[index] -= learningRate * weightDecay * weights[index]
            mean[index] += (1 - beta1) * (gradient[index] - mean[index])
            squares[index] = beta2 * squares[index] + (1 - beta2) * gradient[index] * gradient[index]
            let root = (squares[index] / (1 - left2)).squareRoot()
            weights[index] -= learningRate * mean[index] / (1 - left1) / (root + epsilon)
        }
    }
}

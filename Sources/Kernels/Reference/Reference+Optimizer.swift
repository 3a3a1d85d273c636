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
}

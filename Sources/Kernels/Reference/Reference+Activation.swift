extension Reference {
    @inlinable
    public static func reluForward<Scalar: BinaryFloatingPoint>(input: [Scalar]) -> [Scalar] { input.map { max(0, $0) } }

    @inlinable
    public static func reluBackward<Scalar: BinaryFloatingPoint>(outputGradient: [Scalar], output: [Scalar]) -> [Scalar] {
        zip(outputGradient, output).map { $1 > 0 ? $0 : 0 }
    }
}

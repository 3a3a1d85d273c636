#if canImport(Glibc)
public import Glibc
#else
public import Foundation
#endif

extension Reference {
    @inlinable
    public static func reluForward<Scalar: BinaryFloatingPoint>(input: [Scalar]) -> [Scalar] { input.map { max(0, $0) } }

    @inlinable
    public static func reluBackward<Scalar: BinaryFloatingPoint>(outputGradient: [Scalar], output: [Scalar]) -> [Scalar] {
        zip(outputGradient, output).map { $1 > 0 ? $0 : 0 }
    }

    /// The exponential is taken in Double whatever the scalar.
    @inlinable
    public static func sigmoid<Scalar: BinaryFloatingPoint>(_ x: Scalar) -> Scalar { Scalar(1 / (1 + exp(-Double(x)))) }

    @inlinable
    public static func silu<Scalar: BinaryFloatingPoint>(_ x: Scalar) -> Scalar { x * sigmoid(x) }

    @inlinable
    public static func siluSlope<Scalar: BinaryFloatingPoint>(_ x: Scalar) -> Scalar {
        sigmoid(x) * (1 + x * (1 - sigmoid(x)))
    }
}

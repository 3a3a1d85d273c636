import Tensors

/// Repeatable values, uniform in [-1, 1).
public func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
    var stream = RandomStream(seed: seed, purpose: .synthetic)
    return (0..<count).map { _ in stream.nextUniform() * 2 - 1 }
}

public func randomDoubles(_ count: Int, seed: UInt64) -> [Double] { randomFloats(count, seed: seed).map(Double.init) }

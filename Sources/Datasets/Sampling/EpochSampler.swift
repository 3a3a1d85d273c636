import Tensors

/// The order in which an epoch visits the samples: a keyed permutation of 0 ..< count that needs no table, so that any
/// process can name the samples of any step at once.
///
/// A Feistel network over the bits of the position, with Philox as its round function, permutes the next power of two;
/// positions that leave the range walk on until they return (Black, Rogaway: "Ciphers with arbitrary finite domains",
/// CT-RSA 2002), two steps at most on average.
public struct EpochSampler: Hashable, Sendable {
    public let count: Int
    public let seed: UInt64

    private static let rounds: UInt32 = 8
    private let leftBits: UInt32
    private let rightBits: UInt32

    /// - Precondition: `count` is within 1 ... 2³¹.
    public init(count: Int, seed: UInt64) {
        precondition(count >= 1 && count <= 1 << 31, "\(count) samples")
        self.count = count
        self.seed = seed
        let bits = UInt32(Int.bitWidth - (count - 1).leadingZeroBitCount)
        leftBits = bits / 2
        rightBits = bits - bits / 2
    }

    /// The sample that stands at `position` of `epoch`.
    /// - Precondition: 0 ≤ position < count, and `epoch` fits in 32 bits.
    public func index(at position: Int, epoch: Int) -> Int {
        precondition(position >= 0 && position < count, "position \(position) of \(count)")
        guard count > 1 else { return 0 }
        let generator = Philox(seed: seed)
        var value = position
        repeat { value = permute(value, epoch: UInt32(epoch), generator) } while value >= count
        return value
    }

    /// The samples that stand at `positions` of `epoch`, in that order.
    public func indices(at positions: Range<Int>, epoch: Int) -> [Int] { positions.map { index(at: $0, epoch: epoch) } }

    /// One pass of the network: each round changes one half by what the other half and the round's number draw, which
    /// can be undone, so the whole is a permutation.
    private func permute(_ value: Int, epoch: UInt32, _ generator: Philox) -> Int {
        var left = UInt32(value >> Int(rightBits))
        var right = UInt32(value & (1 << Int(rightBits) - 1))
        for round in 0..<Self.rounds {
            let other = round & 1 == 0 ? right : left
            let word = generator.block(SIMD4(other, epoch, round, RandomPurpose.shuffle.rawValue)).x
            if round & 1 == 0 {
                left ^= word & (1 << leftBits - 1)
            } else {
                right ^= word & (1 << rightBits - 1)
            }
        }
        return Int(left) << Int(rightBits) | Int(right)
    }
}

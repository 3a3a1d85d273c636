/// What a random number is for. Each purpose draws from counters of its own, so that adding a draw to one never shifts
/// another. Raw values are part of the promise of repeatable bits: never renumber.
public enum RandomPurpose: UInt32, Sendable {
    case initialization = 1
    case shuffle = 2
    case augmentation = 3
    case dropout = 4
    case labelSubset = 5
    case synthetic = 6
    case stochasticDepth = 7
    case bootstrap = 8
    case crop = 9
    case colour = 10
    case mixing = 11
    case balance = 12
    case pruning = 13
}

/// A sequence of random numbers that is a pure function of (seed, purpose, major, minor): for augmentation, major is the
/// epoch and minor the sample; for initialization, minor is the tensor's place in its layout.
///
///     var stream = RandomStream(seed: 1, purpose: .augmentation, major: epoch, minor: sample)
///     let flipped = stream.nextBool()
public struct RandomStream: Sendable {
    private let generator: Philox
    private let purpose: RandomPurpose
    private let major: UInt32
    private let minor: UInt32
    private var position: UInt32 = 0
    private var block = SIMD4<UInt32>()

    /// - Precondition: `major` and `minor` fit in 32 bits; `minor` may use them all.
    public init(seed: UInt64, purpose: RandomPurpose, major: Int = 0, minor: Int = 0) {
        generator = Philox(seed: seed)
        self.purpose = purpose
        self.major = UInt32(major)
        self.minor = UInt32(minor)
    }

    public mutating func nextWord() -> UInt32 {
        let lane = Int(position & 3)
        if lane == 0 {
            // One block serves four draws.
            block = generator.block(SIMD4(minor, major, position >> 2, purpose.rawValue))
        }
        position &+= 1
        return block[lane]
    }

    /// Uniform in [0, 1), in steps of 2⁻²⁴.
    public mutating func nextUniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// Uniform in 0 ..< bound, without bias (Lemire's multiply and reject).
    public mutating func nextInt(below bound: Int) -> Int {
        precondition(bound > 0 && bound <= Int(UInt32.max))
        let bound32 = UInt32(bound)
        let threshold = (0 &- bound32) % bound32
        while true {
            let product = UInt64(nextWord()) * UInt64(bound32)
            if UInt32(truncatingIfNeeded: product) >= threshold { return Int(product >> 32) }
        }
    }

    public mutating func nextBool() -> Bool { nextWord() & 1 == 1 }
}

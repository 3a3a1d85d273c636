import Tensors
import Testing

/// Vectors published with Random123 (kat_vectors, philox4x32-10).
struct PhiloxTests {
    @Test func knownAnswers() {
        #expect(Philox(seed: 0).block(SIMD4(repeating: 0)) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(Philox(seed: .max).block(SIMD4(repeating: .max)) == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        // Digits of pi. The key's first word is the seed's low half.
        #expect(
            Philox(seed: 0x299f_31d0_a409_3822).block(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }
}

struct RandomStreamTests {
    @Test func equalKeysGiveEqualNumbers() {
        var a = RandomStream(seed: 5, purpose: .augmentation, major: 3, minor: 9)
        var b = RandomStream(seed: 5, purpose: .augmentation, major: 3, minor: 9)
        #expect((0..<100).allSatisfy { _ in a.nextWord() == b.nextWord() })
    }

    @Test func everyPartOfTheKeyCounts() {
        func first(_ seed: UInt64, _ purpose: RandomPurpose, _ major: Int, _ minor: Int) -> [UInt32] {
            var stream = RandomStream(seed: seed, purpose: purpose, major: major, minor: minor)
            return (0..<4).map { _ in stream.nextWord() }
        }
        let streams = [
            first(1, .shuffle, 0, 0), first(2, .shuffle, 0, 0), first(1 << 32, .shuffle, 0, 0), first(1, .dropout, 0, 0),
            first(1, .shuffle, 1, 0), first(1, .shuffle, 0, 1),
        ]
        #expect(Set(streams).count == streams.count)
    }

    @Test func blocksFollowEachOther() {
        var stream = RandomStream(seed: 1, purpose: .synthetic)
        #expect(Set((0..<1000).map { _ in stream.nextWord() }).count == 1000)
    }

    /// Chi-square over 64 cells: for 63 degrees of freedom, 120 is exceeded once in about 50,000.
    @Test func uniformsFillTheirCellsEvenly() {
        var stream = RandomStream(seed: 11, purpose: .synthetic)
        var counts = [Int](repeating: 0, count: 64)
        let draws = 64 * 2000
        for _ in 0..<draws {
            let value = stream.nextUniform()
            #expect(value >= 0 && value < 1)
            counts[Int(value * 64)] += 1
        }
        #expect(chiSquare(counts, draws) < 120)
    }

    @Test(arguments: [1, 2, 3, 7, 10, 100])
    func integersFillTheirRangeEvenly(bound: Int) {
        var stream = RandomStream(seed: 12, purpose: .synthetic, minor: bound)
        var counts = [Int](repeating: 0, count: bound)
        for _ in 0..<bound * 1000 { counts[stream.nextInt(below: bound)] += 1 }
        // Mean bound − 1, deviation √(2(bound − 1)): five deviations and a little for the small ones.
        #expect(chiSquare(counts, bound * 1000) < Double(bound - 1) + 5 * (2 * Double(bound)).squareRoot() + 10)
    }

    @Test func coinsAreFair() {
        var stream = RandomStream(seed: 13, purpose: .synthetic)
        let heads = (0..<10_000).count { _ in stream.nextBool() }
        #expect(abs(heads - 5000) < 250)
    }

    private func chiSquare(_ counts: [Int], _ draws: Int) -> Double {
        let expected = Double(draws) / Double(counts.count)
        return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }
}

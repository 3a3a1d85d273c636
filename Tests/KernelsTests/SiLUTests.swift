import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct SiLUTests {
    private func silu(_ values: [Float]) -> [Float] {
        let (input, output) = (Memory(values), Memory(count: values.count))
        siluForward(output: output.buffer, input: input.buffer)
        withExtendedLifetime(input) {}
        return output.array
    }

    /// In units of half a last place, 2⁻²⁴: the exponential's polynomial errs by 1.6 and its roundings by 1, the sum with one and
    /// the division by 1 each, log₂ e by 0.23 for each unit of x. Where x is positive the exponential hardly counts.
    @Test func isExactToAFewRoundings() {
        let values = stride(from: Float(-85), through: 85, by: 0.000_113).map { $0 }
        var worst: (ratio: Double, value: Float) = (0, 0)
        for (value, result) in zip(values, silu(values)) {
            let expected = Reference.silu(Double(value))
            let allowed = (4.6 + 0.24 * Double(max(-value, 0))) * 0x1p-24 * abs(expected)
            let error = abs(Double(result) - expected)
            if error > worst.ratio * allowed { worst = (error / allowed, value) }
        }
        #expect(worst.ratio <= 1, "at \(worst.value)")
    }

    @Test func saturates() {
        let result = silu([0, -0.0, 100, 1e30, .infinity, -100, -1e30, -.infinity, .nan])
        #expect(Array(result[0..<5]) == [0, 0, 100, 1e30, .infinity])
        for value in result[5..<8] { #expect(value <= 0 && value > -1e-30) }
        #expect(result[8].isNaN)
    }
}

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

    /// The exponential errs by under two roundings (its polynomial's and its sums'), the sum with one and the division by one each.
    @Test func isExactToAFewRoundings() {
        let values = stride(from: Float(-80), through: 80, by: 0.0137).map { $0 }
        for (value, result) in zip(values, silu(values)) {
            let expected = Reference.silu(Double(value))
            #expect(abs(Double(result) - expected) <= 4 * 0x1p-24 * abs(expected), "\(value)")
        }
    }

    @Test func saturates() {
        let result = silu([0, -0.0, 100, 1e30, .infinity, -100, -1e30, -.infinity, .nan])
        #expect(Array(result[0..<5]) == [0, 0, 100, 1e30, .infinity])
        for value in result[5..<8] { #expect(value <= 0 && value > -1e-30) }
        #expect(result[8].isNaN)
    }
}

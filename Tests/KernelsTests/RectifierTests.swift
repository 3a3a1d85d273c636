import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct RectifierTests {
    @Test(arguments: [1, 16, 53]) func agreesWithReference(count: Int) {
        let values = randomFloats(count, seed: 1)
        let (input, output, upper) = (Memory(values), Memory(count: count), Memory(randomFloats(count, seed: 2)))
        reluForward(output: output.buffer, input: input.buffer)
        #expect(output.array == Reference.reluForward(input: values))
        let gradient = Memory(count: count)
        reluBackward(inputGradient: gradient.buffer, outputGradient: upper.buffer, output: output.buffer)
        #expect(gradient.array == Reference.reluBackward(outputGradient: upper.array, output: output.array))
        withExtendedLifetime(input) {}
    }

    @Test func zeroHasNoGradientAndNaNStays() {
        let memory = Memory([0, -0.0, .nan, 1])
        reluForward(output: memory.buffer, input: memory.buffer)
        #expect(memory.array[0] == 0 && memory.array[1] == 0 && memory.array[2].isNaN && memory.array[3] == 1)
        let gradient = Memory([1, 1, 1, 1])
        reluBackward(inputGradient: gradient.buffer, outputGradient: gradient.buffer, output: memory.buffer)
        #expect(gradient.array == [0, 0, 1, 1])
    }
}

import Tensors

/// max(0, value) per lane; NaN stays NaN, so that a diverged network is seen and not hidden.
@inline(__always)
func rectified(_ value: Vector) -> Vector { value.replacing(with: 0, where: value .<= 0) }

/// output = max(0, input), element by element; the two may be the same memory. NaN stays NaN.
public func reluForward(output: FloatBuffer, input: FloatBuffer) {
    requireCount(input, output.count, "input")
    forEachVector(output.count) { place, lanes in
        output.pointer.store(rectified(input.pointer.vector(at: place, count: lanes)), at: place, count: lanes)
    }
}

/// inputGradient = outputGradient where output > 0, else zero; the gradients may be the same memory.
public func reluBackward(inputGradient: FloatBuffer, outputGradient: FloatBuffer, output: FloatBuffer) {
    requireCount(outputGradient, inputGradient.count, "outputGradient")
    requireCount(output, inputGradient.count, "output")
    forEachVector(output.count) { place, lanes in
        let gradient = outputGradient.pointer.vector(at: place, count: lanes)
        let mask = output.pointer.vector(at: place, count: lanes) .<= 0
        inputGradient.pointer.store(gradient.replacing(with: 0, where: mask), at: place, count: lanes)
    }
}

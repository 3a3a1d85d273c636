import Tensors

/// output = the largest value of each window and channel; NaN wins, as in PyTorch. Overwrites.
///
/// - Parameters:
///   - output: [N, oH, oW, C]
///   - input: [N, H, W, C]
public func maxPoolForward(output: FloatBuffer, input: FloatBuffer, geometry g: PoolGeometry) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    forEachWindow(g) { corner, target, lanes in
        var largest = input.pointer.vector(at: corner, count: lanes)
        for row in 0..<g.window {
            for column in 0..<g.window {
                let value = input.pointer.vector(at: corner &+ (row &* g.width &+ column) &* g.channels, count: lanes)
                largest.replace(with: value, where: (value .> largest) .| (value .!= value))
            }
        }
        output.pointer.store(largest, at: target, count: lanes)
    }
}

/// Each output's gradient goes to the first element of its window, row by row, that equals the maximum, as in PyTorch;
/// all other elements get zero. Where windows overlap, gradients add up. Overwrites `inputGradient`. A window whose
/// maximum is NaN passes nothing on.
///
/// - Parameters:
///   - inputGradient, input: [N, H, W, C]
///   - outputGradient, output: [N, oH, oW, C]
public func maxPoolBackward(
    inputGradient: FloatBuffer, outputGradient: FloatBuffer, input: FloatBuffer, output: FloatBuffer,
    geometry g: PoolGeometry
) {
    requireCount(inputGradient, g.inputCount, "inputGradient")
    requireCount(outputGradient, g.outputCount, "outputGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(output, g.outputCount, "output")
    inputGradient.fill(0)
    forEachWindow(g) { corner, target, lanes in
        let largest = output.pointer.vector(at: target, count: lanes)
        let gradient = outputGradient.pointer.vector(at: target, count: lanes)
        var open = SIMDMask<SIMD16<Int32>>(repeating: true)
        for row in 0..<g.window {
            for column in 0..<g.window {
                let place = corner &+ (row &* g.width &+ column) &* g.channels
                let takes = (input.pointer.vector(at: place, count: lanes) .== largest) .& open
                open = open .& .!takes
                let sum = inputGradient.pointer.vector(at: place, count: lanes)
                inputGradient.pointer.store(sum.replacing(with: sum + gradient, where: takes), at: place, count: lanes)
            }
        }
    }
}

/// Calls `body` with the place of each window's first element, its output's place, and the number of channels (16 or
/// what is left over).
@inline(__always)
private func forEachWindow(_ g: PoolGeometry, _ body: (_ corner: Int, _ target: Int, _ lanes: Int) -> Void) {
    var target = 0
    for sample in 0..<g.batch {
        for y in 0..<g.outputHeight {
            for x in 0..<g.outputWidth {
                let corner = ((sample &* g.height &+ y &* g.stride) &* g.width &+ x &* g.stride) &* g.channels
                forEachVector(g.channels) { channel, lanes in body(corner &+ channel, target &+ channel, lanes) }
                target &+= g.channels
            }
        }
    }
}

import Tensors

/// output = the mean of each window and channel. Overwrites.
///
/// - Parameters:
///   - output: [N, oH, oW, C]
///   - input: [N, H, W, C]
public func averagePoolForward(output: FloatBuffer, input: FloatBuffer, geometry g: AdaptivePoolGeometry) {
    requireCount(output, g.outputCount, "output")
    requireCount(input, g.inputCount, "input")
    forEachWindow(g) { sample, rows, columns, target in
        let factor = 1 / Float(rows.count * columns.count)
        forEachVector(g.channels) { channel, lanes in
            var sum = Vector()
            for row in rows {
                for column in columns {
                    let place = ((sample &* g.inputHeight &+ row) &* g.inputWidth &+ column) &* g.channels &+ channel
                    sum += input.pointer.vector(at: place, count: lanes)
                }
            }
            output.pointer.store(sum * factor, at: target &+ channel, count: lanes)
        }
    }
}

/// Each output's gradient is shared evenly among its window; where windows overlap, shares add up. Overwrites.
///
/// - Parameters:
///   - inputGradient: [N, H, W, C]
///   - outputGradient: [N, oH, oW, C]
public func averagePoolBackward(inputGradient: FloatBuffer, outputGradient: FloatBuffer, geometry g: AdaptivePoolGeometry) {
    requireCount(inputGradient, g.inputCount, "inputGradient")
    requireCount(outputGradient, g.outputCount, "outputGradient")
    inputGradient.fill(0)
    forEachWindow(g) { sample, rows, columns, target in
        let factor = 1 / Float(rows.count * columns.count)
        forEachVector(g.channels) { channel, lanes in
            let share = outputGradient.pointer.vector(at: target &+ channel, count: lanes) * factor
            for row in rows {
                for column in columns {
                    let place = ((sample &* g.inputHeight &+ row) &* g.inputWidth &+ column) &* g.channels &+ channel
                    let sum = inputGradient.pointer.vector(at: place, count: lanes) + share
                    inputGradient.pointer.store(sum, at: place, count: lanes)
                }
            }
        }
    }
}

@inline(__always)
private func forEachWindow(
    _ g: AdaptivePoolGeometry, _ body: (_ sample: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ target: Int) -> Void
) {
    var target = 0
    for sample in 0..<g.batch {
        for y in 0..<g.outputHeight {
            let rows = AdaptivePoolGeometry.window(y, input: g.inputHeight, output: g.outputHeight)
            for x in 0..<g.outputWidth {
                let columns = AdaptivePoolGeometry.window(x, input: g.inputWidth, output: g.outputWidth)
                body(sample, rows, columns, target)
                target &+= g.channels
            }
        }
    }
}

extension Reference {
    /// [N, oH, oW, C] from input [N, H, W, C].
    @inlinable
    public static func maxPoolForward<Scalar: BinaryFloatingPoint>(input: [Scalar], geometry g: PoolGeometry) -> [Scalar] {
        maxPoolChoices(input: input, geometry: g).map { input[$0] }
    }

    /// [N, H, W, C] from outputGradient [N, oH, oW, C] and input [N, H, W, C].
    @inlinable
    public static func maxPoolBackward<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], geometry g: PoolGeometry
    ) -> [Scalar] {
        var gradient = [Scalar](repeating: 0, count: g.inputCount)
        for (output, choice) in maxPoolChoices(input: input, geometry: g).enumerated() {
            gradient[choice] += outputGradient[output]
        }
        return gradient
    }

    /// The place of each output's maximum in the input, the first where several are equal.
    @inlinable
    static func maxPoolChoices<Scalar: BinaryFloatingPoint>(input: [Scalar], geometry g: PoolGeometry) -> [Int] {
        var choices: [Int] = []
        for n in 0..<g.batch {
            for y in 0..<g.outputHeight {
                for x in 0..<g.outputWidth {
                    for c in 0..<g.channels {
                        var best: Int?
                        for row in (y * g.stride)..<(y * g.stride + g.window) {
                            for column in (x * g.stride)..<(x * g.stride + g.window) {
                                let place = ((n * g.height + row) * g.width + column) * g.channels + c
                                if let current = best, input[place] <= input[current] { continue }
                                best = place
                            }
                        }
                        choices.append(best ?? 0)
                    }
                }
            }
        }
        return choices
    }

    /// [N, oH, oW, C] from input [N, H, W, C].
    @inlinable
    public static func averagePoolForward<Scalar: BinaryFloatingPoint>(
        input: [Scalar], geometry g: AdaptivePoolGeometry
    ) -> [Scalar] {
        var output = [Scalar](repeating: 0, count: g.outputCount)
        forEachAveraged(g) { place, result, share in output[result] += input[place] * Scalar(share) }
        return output
    }

    /// [N, H, W, C] from outputGradient [N, oH, oW, C].
    @inlinable
    public static func averagePoolBackward<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], geometry g: AdaptivePoolGeometry
    ) -> [Scalar] {
        var gradient = [Scalar](repeating: 0, count: g.inputCount)
        forEachAveraged(g) { place, result, share in gradient[place] += outputGradient[result] * Scalar(share) }
        return gradient
    }

    /// Calls `body` with every pair of an input and an output that averages it, and its share of that average. A row y of
    /// the input belongs to output row i where i · H/oH < y + 1 and (i + 1) · H/oH > y.
    @inlinable
    static func forEachAveraged(_ g: AdaptivePoolGeometry, _ body: (_ input: Int, _ output: Int, _ share: Double) -> Void) {
        func members(_ index: Int, input: Int, output: Int) -> [Int] {
            (0..<input).filter { index * input < ($0 + 1) * output && (index + 1) * input > $0 * output }
        }
        for n in 0..<g.batch {
            for y in 0..<g.outputHeight {
                let rows = members(y, input: g.inputHeight, output: g.outputHeight)
                for x in 0..<g.outputWidth {
                    let columns = members(x, input: g.inputWidth, output: g.outputWidth)
                    for c in 0..<g.channels {
                        for row in rows {
                            for column in columns {
                                body(
                                    ((n * g.inputHeight + row) * g.inputWidth + column) * g.channels + c,
                                    ((n * g.outputHeight + y) * g.outputWidth + x) * g.channels + c,
                                    1 / Double(rows.count * columns.count))
                            }
                        }
                    }
                }
            }
        }
    }
}

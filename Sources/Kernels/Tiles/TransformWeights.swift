import CProcessor

/// G w Gᵀ for the products of the way forward: panels[q, c, f] for all q of points², the input channels `inputs` and the filters `filters`
/// (32 at most, a multiple of 16), from weights [3, 3, C, F], with every filter's times its factor where `factors` is given (a
/// folded batch norm). `pointStride` floats lie between the panels of two products.
///
/// - Parameter scratch: points · 3 vectors.
@inline(never)
func transformWeights<Scheme: TileScheme>(
    _ scheme: Scheme.Type, panels: UnsafeMutablePointer<Float>, pointStride: Int, weights: UnsafePointer<Float>,
    factors: UnsafePointer<Float>?, inputChannels: Int, outputChannels: Int, inputs: Range<Int>, filters: Range<Int>,
    scratch: UnsafeMutablePointer<Float>
) {
    let tap = inputChannels &* outputChannels
    for channel in inputs {
        prefetch(weights + ((channel &+ 12) &* outputChannels &+ filters.lowerBound), rows: 1, stride: 0, tap: tap, floats: filters.count)
        for filter in stride(from: filters.lowerBound, to: filters.upperBound, by: vectorWidth) {
            let factor = factors.map { $0.vector(at: filter) } ?? Vector(repeating: 1)
            let source = weights + (channel &* outputChannels &+ filter)
            let target = panels + ((channel &- inputs.lowerBound) &* filters.count &+ filter &- filters.lowerBound)
            transformTile(
                Scheme.self, .weights, scratch: scratch,
                load: { source.vector(at: ($0 &* 3 &+ $1) &* tap) * factor },
                store: { target.store($2, at: ($0 &* Scheme.points &+ $1) &* pointStride) })
        }
    }
}

/// The same for the input gradient's products: panels[q, f, c] of the filters `filters` and the input channels `inputs` (32 at most).
/// The bounds of both are multiples of 16.
///
/// - Parameter scratch: points · 3 vectors, then 9 · 16 vectors.
@inline(never)
func transformWeightsTransposed<Scheme: TileScheme>(
    _ scheme: Scheme.Type, panels: UnsafeMutablePointer<Float>, pointStride: Int, weights: UnsafePointer<Float>,
    inputChannels: Int, outputChannels: Int, inputs: Range<Int>, filters: Range<Int>, scratch: UnsafeMutablePointer<Float>
) {
    let tap = inputChannels &* outputChannels
    let block = scratch + Scheme.points &* 3 &* vectorWidth
    let blockSize = vectorWidth &* vectorWidth
    for channel in stride(from: inputs.lowerBound, to: inputs.upperBound, by: vectorWidth) {
        for filter in stride(from: filters.lowerBound, to: filters.upperBound, by: vectorWidth) {
            prefetch(
                weights + (channel &* outputChannels &+ filter &+ vectorWidth), rows: vectorWidth, stride: outputChannels, tap: tap,
                floats: vectorWidth)
            for index in 0..<9 {
                transpose16(
                    block + index &* blockSize, weights + (index &* tap &+ channel &* outputChannels &+ filter),
                    stride: outputChannels)
            }
            for lane in 0..<vectorWidth {
                let target = panels
                    + ((filter &- filters.lowerBound &+ lane) &* inputs.count &+ channel &- inputs.lowerBound)
                transformTile(
                    Scheme.self, .weights, scratch: scratch,
                    load: { block.vector(at: ($0 &* 3 &+ $1) &* blockSize &+ lane &* vectorWidth) },
                    store: { target.store($2, at: ($0 &* Scheme.points &+ $1) &* pointStride) })
            }
        }
    }
}

/// Asks for what comes next: rows of each of the nine taps lie too far apart for the processor to guess.
@inline(__always)
private func prefetch(_ weights: UnsafePointer<Float>, rows: Int, stride: Int, tap: Int, floats: Int) {
    for index in 0..<9 {
        for row in 0..<rows {
            for place in Swift.stride(from: 0, to: floats, by: vectorWidth) {
                filterscope_prefetch(weights + (index &* tap &+ row &* stride &+ place))
            }
        }
    }
}

/// target[j, i] = source[i, j] for 16 × 16 floats: four rounds, each of which interleaves the upper half of the rows with
/// the lower half.
@inline(__always)
private func transpose16(_ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, stride: Int) {
    var rows = (
        source.vector(at: 0), source.vector(at: stride), source.vector(at: 2 &* stride), source.vector(at: 3 &* stride),
        source.vector(at: 4 &* stride), source.vector(at: 5 &* stride), source.vector(at: 6 &* stride),
        source.vector(at: 7 &* stride), source.vector(at: 8 &* stride), source.vector(at: 9 &* stride),
        source.vector(at: 10 &* stride), source.vector(at: 11 &* stride), source.vector(at: 12 &* stride),
        source.vector(at: 13 &* stride), source.vector(at: 14 &* stride), source.vector(at: 15 &* stride))
    for _ in 0..<4 {
        rows = (
            low(rows.0, rows.8), high(rows.0, rows.8), low(rows.1, rows.9), high(rows.1, rows.9),
            low(rows.2, rows.10), high(rows.2, rows.10), low(rows.3, rows.11), high(rows.3, rows.11),
            low(rows.4, rows.12), high(rows.4, rows.12), low(rows.5, rows.13), high(rows.5, rows.13),
            low(rows.6, rows.14), high(rows.6, rows.14), low(rows.7, rows.15), high(rows.7, rows.15))
    }
    target.store(rows.0, at: 0); target.store(rows.1, at: 16); target.store(rows.2, at: 32); target.store(rows.3, at: 48)
    target.store(rows.4, at: 64); target.store(rows.5, at: 80); target.store(rows.6, at: 96); target.store(rows.7, at: 112)
    target.store(rows.8, at: 128); target.store(rows.9, at: 144); target.store(rows.10, at: 160); target.store(rows.11, at: 176)
    target.store(rows.12, at: 192); target.store(rows.13, at: 208); target.store(rows.14, at: 224); target.store(rows.15, at: 240)
}

@inline(__always)
private func low(_ a: Vector, _ b: Vector) -> Vector { interleaved(a.lowHalf, b.lowHalf) }

@inline(__always)
private func high(_ a: Vector, _ b: Vector) -> Vector { interleaved(a.highHalf, b.highHalf) }

@inline(__always)
private func interleaved(_ even: SIMD8<Float>, _ odd: SIMD8<Float>) -> Vector {
    var result = Vector()
    result.evenHalf = even
    result.oddHalf = odd
    return result
}

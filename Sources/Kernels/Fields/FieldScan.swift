// Passes over the elements of a filter's field, [K, K] row-major.

/// Whether no element is a NaN or an infinity.
public func areFinite(_ values: [Float]) -> Bool {
    values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return true }
        // x − x is 0 for finite x and NaN otherwise, and NaN stays in a sum.
        var sums = Vector(repeating: 0)
        forEachVector(values.count) { place, lanes in
            let vector = base.vector(at: place, count: lanes)
            sums += vector - vector
        }
        return sums.sum() == 0
    }
}

/// The largest element; 0 where there is none.
public func largest(_ values: [Float]) -> Float {
    values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress, let first = values.first else { return 0 }
        let whole = values.count & ~15
        var most = Vector(repeating: first)
        for place in stride(from: 0, to: whole, by: 16) {
            let vector = base.vector(at: place, count: 16)
            most = most.replacing(with: vector, where: vector .> most)
        }
        return values[whole...].reduce(most.max()) { Swift.max($0, $1) }
    }
}

/// Sets a bit where value / top > limit, in float32.
///
/// - Parameters:
///   - words: [rows, wordsPerRow], 64 columns a word from the lowest bit up; overwritten.
///   - values: [rows, columns]; `columns` is at least 1.
///   - top: above 0.
/// - Returns: the least |value / top − limit|; infinity where there is no value.
public func thresholdBits(_ words: inout [UInt64], wordsPerRow: Int, values: [Float], columns: Int, top: Float, limit: Float) -> Float {
    precondition(
        columns > 0 && wordsPerRow == (columns + 63) / 64 && values.count % columns == 0 && words.count == values.count / columns * wordsPerRow,
        "\(words.count) words for \(values.count) values in rows of \(columns)")
    let powers = SIMD16<UInt32>(repeating: 1) &<< SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    var least = Vector(repeating: .infinity)
    var rest = Float.infinity
    values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        words.withUnsafeMutableBufferPointer { words in
            for index in words.indices {
                let (row, word) = index.quotientAndRemainder(dividingBy: wordsPerRow)
                let start = row * columns + word * 64
                let count = min(64, columns - word * 64)
                var bits: UInt64 = 0
                var place = 0
                while place + 16 <= count {
                    let ratios = base.vector(at: start + place, count: 16) / top
                    let distance = ratios - limit
                    let size = distance.replacing(with: -distance, where: distance .< 0)
                    least = least.replacing(with: size, where: size .< least)
                    let above = SIMD16<UInt32>(repeating: 0).replacing(with: powers, where: ratios .> limit)
                    bits |= UInt64(above.wrappedSum()) << UInt64(place)
                    place += 16
                }
                while place < count {
                    let ratio = base[start + place] / top
                    rest = min(rest, abs(ratio - limit))
                    if ratio > limit { bits |= 1 << UInt64(place) }
                    place += 1
                }
                words[index] = bits
            }
        }
    }
    return min(least.min(), rest)
}

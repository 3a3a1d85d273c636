import Testing

/// The largest |actual − expected|, relative to the largest |expected| (or to 1e-30 where all are zero). One scale for the
/// whole tensor: sums of many terms err relative to their largest terms, not to a sum that happens to cancel.
public func relativeError<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ actual: [A], _ expected: [B]) -> Double {
    guard actual.count == expected.count else { return .infinity }
    var worst = 0.0
    var scale = 1e-30
    for (a, b) in zip(actual, expected) {
        let difference = abs(Double(a) - Double(b))
        guard difference.isFinite else { return .infinity }
        worst = max(worst, difference)
        scale = max(scale, abs(Double(b)))
    }
    return worst / scale
}

/// Records an issue at the caller's line when `relativeError` exceeds `tolerance`.
public func expectClose<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
    _ actual: [A], _ expected: [B], relative tolerance: Double, _ label: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = relativeError(actual, expected)
    #expect(error <= tolerance, "\(label) relative error \(error)", sourceLocation: sourceLocation)
}

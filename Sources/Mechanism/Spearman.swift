/// Spearman's rank correlation: Pearson's correlation of the ranks, ties sharing their mean rank.
///
///     spearmanCorrelation([1, 2, 3, 4], [10, 20, 40, 30])   // 0.8
///
/// - Returns: nil where it is undefined: fewer than two pairs, or one side all equal.
/// - Precondition: as many x as y, none NaN.
public func spearmanCorrelation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "\(x.count) against \(y.count) values")
    guard x.count >= 2 else { return nil }
    let rankedX = meanRanks(x)
    let rankedY = meanRanks(y)
    let middle = Double(x.count + 1) / 2
    var product = 0.0
    var squaresX = 0.0
    var squaresY = 0.0
    for (a, b) in zip(rankedX, rankedY) {
        product += (a - middle) * (b - middle)
        squaresX += (a - middle) * (a - middle)
        squaresY += (b - middle) * (b - middle)
    }
    guard squaresX > 0, squaresY > 0 else { return nil }
    return product / (squaresX * squaresY).squareRoot()
}

/// Ranks from 1; equal values share the mean of the ranks they take up.
private func meanRanks(_ values: [Double]) -> [Double] {
    precondition(!values.contains(where: \.isNaN), "rank of NaN")
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
        start = end
    }
    return ranks
}

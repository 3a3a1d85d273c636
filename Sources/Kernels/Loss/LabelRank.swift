import Tensors

/// How many classes come before `label` in a row of logits: 0 means the network chose it, below 5 means it is in the top
/// five. Of equal logits the lower class comes first. NaN comes before every number, and a label whose own logit is
/// NaN has rank `classes`: a diverged network is never right.
///
/// - Parameters:
///   - logits: [rows, classes]
///   - label: in 0 ..< classes
public func labelRank(logits: FloatBuffer, row: Int, classes: Int, label: Int32) -> Int {
    require(row >= 0 && classes > 0 && logits.count >= (row + 1) * classes, "the row is not in the logits")
    require(label >= 0 && label < Int32(classes), "the label is not in 0 ..< classes")
    return rank(of: Int(label), in: logits.pointer + row * classes, classes: classes)
}

/// The class with the largest logit of a row: the one of rank 0, or nil where a logit is NaN.
///
/// - Parameter logits: [rows, classes]
public func topClass(logits: FloatBuffer, row: Int, classes: Int) -> Int? {
    require(row >= 0 && classes > 0 && logits.count >= (row + 1) * classes, "the row is not in the logits")
    let values = logits.pointer + row * classes
    var best = 0
    for index in 0..<classes {
        if values[index].isNaN { return nil }
        if values[index] > values[best] { best = index }
    }
    return best
}

func rank(of label: Int, in values: UnsafePointer<Float>, classes: Int) -> Int {
    let own = values[label]
    guard !own.isNaN else { return classes }
    var rank = 0
    for index in 0..<label where !(values[index] < own) { rank &+= 1 }
    for index in (label + 1)..<max(classes, label + 1) where !(values[index] <= own) { rank &+= 1 }
    return rank
}

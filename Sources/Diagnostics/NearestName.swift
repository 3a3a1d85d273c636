/// The candidate that a mistyped name most likely meant: the one at the smallest edit distance (Damerau-Levenshtein,
/// adjacent transpositions count once), if that distance is at most a third of the longer name, rounded up. Ties go to
/// the candidate that comes first.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let known = Array(candidate.lowercased())
        let distance = editDistance(typed, known)
        guard distance <= (max(typed.count, known.count) + 2) / 3 else { continue }
        if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.name
}

/// "did you mean X?" where a near name exists, else the list of known names.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    if let near = nearestName(to: name, among: candidates) { return "did you mean \"\(near)\"?" }
    return "known: " + candidates.joined(separator: ", ")
}

/// Optimal string alignment distance between two character sequences.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
        var current = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in 0..<b.count {
            current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                current[j + 1] = min(current[j + 1], beforePrevious[j - 1] + 1)
            }
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
}

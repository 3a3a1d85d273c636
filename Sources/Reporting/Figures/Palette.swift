/// The report's colours: Okabe and Ito's set, told apart by people with any of the common colour deficiencies, and dark
/// enough on white.
enum Palette {
    static let blue = "#0072b2"
    static let vermilion = "#d55e00"
    static let green = "#009e73"
    static let purple = "#9b4f86"
    static let amber = "#b87700"
    static let grey = "#6b7280"
    static let ink = "#1f2933"

    /// For series without an order.
    static let series = [blue, vermilion, green, purple, amber, grey]

    /// For series in an order, light to dark by evenly spaced steps of the viridis map's darker part reversed.
    static func sequence(_ index: Int, of count: Int) -> String {
        let stops: [(Double, Double, Double)] = [(180, 200, 40), (53, 183, 121), (33, 145, 140), (49, 104, 142), (68, 1, 84)]
        let position = count > 1 ? Double(index) / Double(count - 1) * Double(stops.count - 1) : Double(stops.count - 1)
        let low = min(Int(position), stops.count - 2)
        let share = position - Double(low)
        func mix(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * share).rounded()) }
        let (a, b) = (stops[low], stops[low + 1])
        return hex(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
    }

    static func hex(_ red: Int, _ green: Int, _ blue: Int) -> String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

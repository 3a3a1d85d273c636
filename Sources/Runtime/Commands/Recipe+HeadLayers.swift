import Diagnostics
import Networks
import Recipes

extension Recipe {
    /// The layers that get a head, in the network's order, as `heads.layers` says; nil for all.
    /// - Throws: a `Problem` for a name that the network has not, with the nearest that it has, and where no name is left.
    func headLayers(of network: Network) throws(Problem) -> [String]? {
        let taps = network.taps.map(\.name)
        let location = "field \"heads.layers\""
        let text = heads.layers.trimmed
        switch text {
        case "all": return nil
        case "last":
            // The taps are the convolutions or stages, so the last of them is the one that is meant.
            guard let last = taps.last else { throw Problem("the network has no layer that a head could be attached to", at: location) }
            return [last]
        default: break
        }
        let names = text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        guard !names.isEmpty else {
            throw Problem("names no layer", at: location, remedy: "use all, last, or names separated by commas: \(taps.joined(separator: ", "))")
        }
        for name in names where !taps.contains(name) {
            throw Problem(
                "unknown layer \"\(name)\"", at: location,
                remedy: "\(suggestion(for: name, among: taps)); all and last stand alone")
        }
        return taps.filter(names.contains)
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

import Diagnostics
import Imaging

extension DatasetSpecification {
    private enum Option: String, CaseIterable {
        case size, normalize, interpolation, damaged, labels, seed, train, test
    }

    /// Parses `NAME[:PATH][?option=value&…]`.
    /// - Throws: a `Problem` that names the part that is wrong.
    public init(_ text: String) throws(Problem) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let location = "data set \"\(text)\""
        self.init(try DatasetKind(named: String(place[0]), location: location))
        if place.count == 2 {
            guard !place[1].isEmpty else {
                throw Problem("nothing stands after the colon", at: location, remedy: "write \(kind.usage)")
            }
            path = String(place[1])
        } else if kind.needsPath {
            throw Problem("\(kind.rawValue) needs a path", at: location, remedy: "write \(kind.usage)")
        }
        if parts.count == 2 { try parseOptions(parts[1], location) }
    }

    private mutating func parseOptions(_ text: Substring, _ location: String) throws(Problem) {
        var seen: Set<Option> = []
        for field in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = Option(rawValue: name) else {
                throw Problem(
                    "unknown option \"\(name)\"", at: location,
                    remedy: suggestion(for: name, among: Option.allCases.map(\.rawValue)))
            }
            guard parts.count == 2 else {
                throw Problem("option \"\(name)\" has no value", at: location, remedy: "write \(name)=VALUE")
            }
            guard seen.insert(option).inserted else { throw Problem("option \"\(name)\" stands twice", at: location) }
            try set(option, String(parts[1]), location)
        }
        if seen.contains(.seed), !seen.contains(.labels) {
            throw Problem(
                "option \"seed\" changes nothing without \"labels\"", at: location,
                remedy: "say how many labels to draw: labels=N&seed=\(seed)")
        }
    }

    private mutating func set(_ option: Option, _ value: String, _ location: String) throws(Problem) {
        if kind == .tensor, [.size, .normalize, .interpolation].contains(option) {
            throw Problem(
                "option \"\(option.rawValue)\" does not apply to tensor, whose samples are network input as they stand",
                at: location)
        }
        func number(within range: ClosedRange<Int>) throws(Problem) -> Int {
            guard let number = Int(value), range.contains(number) else {
                let wanted = range.upperBound == Int.max
                    ? "of at least \(range.lowerBound)" : "within \(range.lowerBound) ... \(range.upperBound)"
                throw Problem("option \"\(option.rawValue)\" needs a whole number \(wanted), not \"\(value)\"", at: location)
            }
            return number
        }
        func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(Problem) -> Choice {
            if let choice = Choice(rawValue: value) { return choice }
            throw Problem(
                "option \"\(option.rawValue)\" does not know \"\(value)\"", at: location,
                remedy: suggestion(for: value, among: Choice.allCases.map(\.rawValue)))
        }
        switch option {
        case .size: size = try number(within: 1...SampleEncoding.largestSide)
        case .labels: labels = try number(within: 2...Int.max)
        case .train: trainCap = try number(within: 1...Int.max)
        case .test: testCap = try number(within: 1...Int.max)
        case .seed:
            guard let number = UInt64(value) else {
                throw Problem("option \"seed\" needs a whole number within 0 ... \(UInt64.max), not \"\(value)\"", at: location)
            }
            seed = number
        case .normalize: normalization = try choice()
        case .interpolation: interpolation = try choice()
        case .damaged:
            guard kind.hasFiles else {
                throw Problem("option \"damaged\" does not apply to \(kind.rawValue), whose samples are not decoded one by one", at: location)
            }
            damaged = try choice()
        }
    }
}

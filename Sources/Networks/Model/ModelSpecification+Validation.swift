import Diagnostics

extension ModelSpecification {
    /// Bounds that keep every size far from overflow and beyond any use.
    static let largestWidth = 1024
    static let largestInputSize = 4096
    static let largestInputChannels = 1024
    static let largestLabelCount = 1 << 20

    /// Finds the first field that no network can have.
    public func validate() throws(Problem) { _ = try validatedConfiguration() }

    func validatedConfiguration() throws(Problem) -> VGGConfiguration {
        guard let configuration = VGGConfiguration(rawValue: name) else {
            throw Problem("unknown model \"\(name)\"", remedy: suggestion(for: name, among: Self.knownNames))
        }
        try check("width", width, 1...Self.largestWidth)
        try check("labels", labels, 1...Self.largestLabelCount)
        try check("inputChannels", inputChannels, 1...Self.largestInputChannels)
        let step = VGGConfiguration.reduction
        guard inputSize >= step, inputSize <= Self.largestInputSize, inputSize % step == 0 else {
            let lower = min(max(inputSize / step, 1) * step, Self.largestInputSize)
            let upper = min(lower + step, Self.largestInputSize)
            let sizes = inputSize < step || lower == upper ? "\(lower)" : "\(lower) or \(upper)"
            throw Problem(
                "inputSize is \(inputSize), and the five max-pools of \(name) need a multiple of \(step) "
                    + "up to \(Self.largestInputSize)",
                remedy: "use \(sizes)")
        }
        guard dropout >= 0, dropout < 1 else {
            throw Problem("dropout is \(dropout)", remedy: "use a share from 0 up to, and without, 1")
        }
        if let channels {
            let convolutions = configuration.steps.count { $0 != .pool }
            guard channels.count == convolutions else {
                throw Problem("channels has \(channels.count) elements, and \(name) \(convolutions) convolutions")
            }
            for count in channels { try check("channels", count, 1...8 * Self.largestWidth) }
        }
        return configuration
    }

    private func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(Problem) {
        guard range.contains(value) else {
            throw Problem(
                "\(field) is \(value)", remedy: "use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

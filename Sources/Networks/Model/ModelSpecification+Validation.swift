import Diagnostics

extension ModelSpecification {
    /// Bounds that keep every size far from overflow and beyond any use.
    static let largestWidth = 1024
    static let largestInputSize = 4096
    static let largestInputChannels = 1024
    static let largestLabelCount = 1 << 20

    /// Finds the first field that no network can have.
    public func validate() throws(Problem) { _ = try validatedArchitecture() }

    /// The kinds of networks, each with what its name fixes.
    enum Architecture {
        case vgg(VGGConfiguration)
        case efficientNet
        case linear
    }

    func validatedArchitecture() throws(Problem) -> Architecture {
        switch name {
        case EfficientNetConfiguration.name:
            try validateEfficientNet()
            return .efficientNet
        case Self.linear:
            try validateLinear()
            return .linear
        default: break
        }
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
        try checkShare("dropout", dropout)
        if stochasticDepth != nil { throw Problem("stochasticDepth is set, and \(name) has no blocks to leave out") }
        if let channels {
            let convolutions = configuration.steps.count { $0 != .pool }
            guard channels.count == convolutions else {
                throw Problem("channels has \(channels.count) elements, and \(name) \(convolutions) convolutions")
            }
            for count in channels { try check("channels", count, 1...8 * Self.largestWidth) }
        }
        return .vgg(configuration)
    }

    private func validateEfficientNet() throws(Problem) {
        try check("labels", labels, 1...Self.largestLabelCount)
        try check("inputChannels", inputChannels, 1...Self.largestInputChannels)
        try check("inputSize", inputSize, EfficientNetConfiguration.smallestInputSize...Self.largestInputSize)
        try checkShare("dropout", dropout)
        if let stochasticDepth { try checkShare("stochasticDepth", stochasticDepth) }
        guard batchNorm else { throw Problem("batchNorm is off, and \(name) has a batch norm behind every convolution") }
        guard classifier == .linear, classifierBias else {
            throw Problem("\(name) has one linear layer with a bias behind its average pool", remedy: "leave classifier and classifierBias out")
        }
        guard let channels else { return }
        let places = EfficientNetConfiguration.channels.count
        guard channels.count == places else {
            throw Problem("channels has \(channels.count) elements, and \(name) needs \(places): stem, seven stages, head")
        }
        for count in channels { try check("channels", count, 1...8 * Self.largestWidth) }
        // The stem takes the place of the first block's expansion, and its activated map is kept nowhere to be added.
        guard channels[0] != channels[1] else {
            throw Problem("channels gives stem and first stage \(channels[0]) alike", remedy: "let them differ")
        }
    }

    private func validateLinear() throws(Problem) {
        try check("labels", labels, 1...Self.largestLabelCount)
        try check("inputChannels", inputChannels, 1...Self.largestInputChannels)
        try check("inputSize", inputSize, 1...Self.largestInputSize)
        guard classifier == .linear else {
            throw Problem("\(name) has one linear layer", remedy: "leave classifier out")
        }
        if channels != nil { throw Problem("channels is set, and \(name) has no convolutions") }
        if stochasticDepth != nil { throw Problem("stochasticDepth is set, and \(name) has no blocks to leave out") }
    }

    private func checkShare(_ field: String, _ value: Float) throws(Problem) {
        guard value >= 0, value < 1 else {
            throw Problem("\(field) is \(value)", remedy: "use a share from 0 up to, and without, 1")
        }
    }

    private func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(Problem) {
        guard range.contains(value) else {
            throw Problem(
                "\(field) is \(value)", remedy: "use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

/// S / N of a layer. No noise is a case of its own, never infinity; so is a layer whose filters say nothing.
public enum SignalToNoise: Hashable, Sendable {
    /// S / N with N > 0; 0 where there is noise and no signal.
    case ratio(Double)
    /// S > 0 and N = 0.
    case noNoise
    /// S = 0 and N = 0: no filter says anything.
    case undefined

    public init(signal: Double, noise: Double) {
        if noise > 0 {
            self = .ratio(signal / noise)
        } else {
            self = signal > 0 ? .noNoise : .undefined
        }
    }

    /// The ratio, nil in the named cases.
    public var ratio: Double? {
        if case .ratio(let value) = self { return value }
        return nil
    }
}

/// In JSON a number, or the words `no noise` or `undefined`.
extension SignalToNoise: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Double.self) {
            self = .ratio(value)
            return
        }
        switch try container.decode(String.self) {
        case "no noise": self = .noNoise
        case "undefined": self = .undefined
        case let other:
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "unknown signal-to-noise ratio \"\(other)\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .ratio(let value): try container.encode(value)
        case .noNoise: try container.encode("no noise")
        case .undefined: try container.encode("undefined")
        }
    }
}

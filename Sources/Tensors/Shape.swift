/// The extents of a tensor, outermost first. Activations are [N, H, W, C].
public struct Shape: Hashable, Sendable, Codable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public let dimensions: [Int]

    /// - Precondition: no dimension is negative.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative dimension in \(dimensions)")
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// Dimensions that came from a file or a socket: nil where one is negative or their product overflows.
    public init?(checking dimensions: [Int]) {
        var product = 1
        for dimension in dimensions {
            let (result, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            product = result
        }
        self.dimensions = dimensions
    }

    public var rank: Int { dimensions.count }
    /// The number of elements; 1 for a scalar.
    public var count: Int { dimensions.reduce(1, *) }
    public subscript(axis: Int) -> Int { dimensions[axis] }
    public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let dimensions = try container.decode([Int].self)
        guard let shape = Shape(checking: dimensions) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "impossible shape \(dimensions)")
        }
        self = shape
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dimensions)
    }
}

/// How one stored sample's bytes are laid out. It travels to workers as JSON, beside the samples themselves.
public struct SampleEncoding: Codable, Hashable, Sendable {
    public enum Format: String, Codable, Sendable {
        /// One byte per value, [height, width, channels].
        case uint8HWC = "uint8-hwc"
        /// Little-endian float32, [channels, height, width], as the network takes them.
        case float32CHW = "float32-chw"
        /// A JPEG file of any size, taken as red, green and blue.
        case jpeg

        /// Bytes per value; nil where values are packed.
        var valueByteCount: Int? {
            switch self {
            case .uint8HWC: 1
            case .float32CHW: 4
            case .jpeg: nil
            }
        }
    }

    public let format: Format
    /// Rows of pixels; 0 where every sample says for itself.
    public let height: Int
    /// Columns of pixels; 0 where every sample says for itself.
    public let width: Int
    public let channels: Int

    /// The longest side that is read: a limit on what a damaged header or a hostile peer can make us allocate.
    public static let largestSide = 4_096
    /// The most channels that are read.
    public static let mostChannels = 64

    /// A JPEG file per sample.
    public static let jpeg = SampleEncoding(.jpeg, height: 0, width: 0, channels: 3)

    /// - Precondition: `allows` the format with these extents.
    public init(_ format: Format, height: Int, width: Int, channels: Int) {
        precondition(Self.allows(format, height: height, width: width, channels: channels), "\(height)x\(width)x\(channels)")
        self.format = format
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Whether the extents of samples of one size are within the limits.
    public static func allows(height: Int, width: Int, channels: Int) -> Bool {
        (1...largestSide).contains(height) && (1...largestSide).contains(width) && (1...mostChannels).contains(channels)
    }

    private static func allows(_ format: Format, height: Int, width: Int, channels: Int) -> Bool {
        format == .jpeg
            ? height == 0 && width == 0 && channels == 3 : allows(height: height, width: width, channels: channels)
    }

    /// Bytes of one sample; nil where samples differ in size.
    public var fixedByteCount: Int? { format.valueByteCount.map { height * width * channels * $0 } }

    private enum CodingKeys: CodingKey { case format, height, width, channels }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(Format.self, forKey: .format)
        height = try container.decode(Int.self, forKey: .height)
        width = try container.decode(Int.self, forKey: .width)
        channels = try container.decode(Int.self, forKey: .channels)
        guard Self.allows(format, height: height, width: width, channels: channels) else {
            throw DecodingError.dataCorrupted(.init(
                codingPath: decoder.codingPath, debugDescription: "impossible sample extents \(height)x\(width)x\(channels)"))
        }
    }
}

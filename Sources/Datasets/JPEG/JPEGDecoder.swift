import CTurboJPEG
import Diagnostics
import Imaging

/// Decodes JPEG files to red, green and blue by libturbojpeg, with the accurate DCT and smooth upsampling, as Pillow does.
/// Grey becomes equal red, green and blue; CMYK and YCCK become RGB as in Pillow. A turn in the EXIF data is not followed,
/// just as torchvision does not follow it. One for each thread: its handle and memory are used again.
public final class JPEGDecoder {
    /// What a file's header says.
    public struct Header: Hashable, Sendable {
        public let width: Int
        public let height: Int
        /// Whether it stores ink: CMYK or YCCK.
        let isInk: Bool
    }

    /// The most pixels that are decoded: a limit on the memory that a header of a few bytes can ask for. The largest
    /// photograph of ImageNet has 61 million.
    public static let mostPixels = 100_000_000

    private var handle: tjhandle?

    public init() { handle = tjInitDecompress() }

    deinit { if let handle { tjDestroy(handle) } }

    /// Reads a file's header.
    /// - Throws: a `Problem` where it is no JPEG file, is damaged, or declares too many pixels.
    public func header(_ file: UnsafeBufferPointer<UInt8>) throws(Problem) -> Header {
        guard let base = file.baseAddress, !file.isEmpty else { throw Problem("the file is empty (0 bytes)") }
        guard file.starts(with: [0xFF, 0xD8]) else {
            let start = file.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw Problem("not a JPEG file: it starts with \(start), not with ff d8")
        }
        var (width, height, subsampling, colour): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let status = tjDecompressHeader3(handle, base, UInt(file.count), &width, &height, &subsampling, &colour)
        guard status == 0 else { throw damage(message) }
        guard width > 0, height > 0 else { throw damage("it declares no pixels") }
        guard Int(width) * Int(height) <= Self.mostPixels else {
            throw Problem("the JPEG file declares \(width)x\(height) pixels, more than the limit of \(Self.mostPixels)")
        }
        let isInk = colour == Int32(TJCS_CMYK.rawValue) || colour == Int32(TJCS_YCCK.rawValue)
        return Header(width: Int(width), height: Int(height), isInk: isInk)
    }

    /// Decodes a file whose header was read, at a whole, half, quarter or eighth of its size.
    /// - Parameter denominator: 1, 2, 4 or 8; sides are rounded up.
    /// - Throws: a `Problem` where the picture is damaged or ends early.
    public func decode(
        _ file: UnsafeBufferPointer<UInt8>, _ header: Header, denominator: Int = 1, into target: PixelBuffer
    ) throws(Problem) {
        precondition([1, 2, 4, 8].contains(denominator))
        let width = (header.width + denominator - 1) / denominator
        let height = (header.height + denominator - 1) / denominator
        target.reshape(width: width, height: height)
        let format = header.isInk ? TJPF_CMYK : TJPF_RGBX
        let status = tjDecompress2(
            handle, file.baseAddress, UInt(file.count), target.pixels, Int32(width), Int32(width * 4), Int32(height),
            Int32(format.rawValue), TJFLAG_LIMITSCANS)
        if status != 0, !isHarmless { throw damage(message) }
        if header.isInk { target.convertFromInk() }
    }

    /// Some of ImageNet's files have a few stray bytes between two markers; the picture is whole all the same.
    private var isHarmless: Bool { tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) && message.contains("extraneous bytes") }

    private var message: String { tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown fault" }

    /// After a fault in a header libturbojpeg 2.1 goes on in the middle of it with the next file, so the handle is made anew.
    private func damage(_ what: String) -> Problem {
        let problem = Problem("the JPEG file is damaged: \(what)")
        if let handle { tjDestroy(handle) }
        handle = tjInitDecompress()
        return problem
    }
}

import CTurboJPEG
import Diagnostics
import Imaging

/// Decodes JPEG files to red, green and blue by libjpeg-turbo, with the accurate DCT and smooth upsampling, as Pillow does.
/// Grey becomes equal red, green and blue; CMYK and YCCK become RGB as in Pillow. A turn in the EXIF data is not followed,
/// just as torchvision does not follow it. One for each thread: its handle and memory are used again.
public final class JPEGDecoder {
    /// What a file's header says.
    public struct Header: Hashable, Sendable {
        public let width: Int
        public let height: Int
        /// Whether it stores ink: CMYK or YCCK.
        let isInk: Bool

        /// Width and height of the picture at a part of its size: sides are rounded up.
        public func scaled(_ denominator: Int) -> (width: Int, height: Int) {
            ((width + denominator - 1) / denominator, (height + denominator - 1) / denominator)
        }
    }

    /// The most pixels that are decoded: a limit on the memory that a header of a few bytes can ask for. The largest
    /// photograph of ImageNet has 61 million.
    public static let mostPixels = 100_000_000

    private let decoder: UnsafeMutableRawPointer?
    /// The file whose header was read last, and that can be decoded.
    private var ready: UnsafePointer<UInt8>?

    public init() { decoder = filterscope_jpeg_new() }

    deinit { filterscope_jpeg_free(decoder) }

    /// Reads a file's header, and forgets all of the file before: tables that this one lacks, too.
    /// - Throws: a `Problem` where it is no JPEG file, is damaged, or declares too many pixels.
    public func header(_ file: UnsafeBufferPointer<UInt8>) throws(Problem) -> Header {
        ready = nil
        guard let base = file.baseAddress, !file.isEmpty else { throw Problem("the file is empty (0 bytes)") }
        guard file.starts(with: [0xFF, 0xD8]) else {
            let start = file.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw Problem("not a JPEG file: it starts with \(start), not with ff d8")
        }
        var (width, height, isInk): (Int32, Int32, Int32) = (0, 0, 0)
        guard filterscope_jpeg_header(decoder, base, UInt(file.count), &width, &height, &isInk) == 0 else { throw damage() }
        guard Int(width) * Int(height) <= Self.mostPixels else {
            throw Problem("the JPEG file declares \(width)x\(height) pixels, more than the limit of \(Self.mostPixels)")
        }
        ready = base
        return Header(width: Int(width), height: Int(height), isInk: isInk != 0)
    }

    /// Decodes the file whose header was read last, at a whole, half, quarter or eighth of its size, or a part of that. What
    /// lies below and beside the part costs little or nothing; damage there stays unseen.
    ///
    /// - Parameters:
    ///   - denominator: 1, 2, 4 or 8.
    ///   - part: columns and rows that are needed, of the scaled picture; nil for all of it.
    /// - Returns: the column and row of the scaled picture that `target` begins with. It holds at least the part.
    /// - Throws: a `Problem` where the picture is damaged or ends early.
    @discardableResult
    public func decode(
        _ file: UnsafeBufferPointer<UInt8>, _ header: Header, denominator: Int = 1, part: (columns: Range<Int>, rows: Range<Int>)? = nil,
        into target: PixelBuffer
    ) throws(Problem) -> (column: Int, row: Int) {
        precondition([1, 2, 4, 8].contains(denominator))
        precondition(ready != nil && ready == file.baseAddress, "a header is read first")
        ready = nil
        let (width, height) = header.scaled(denominator)
        let rows = part?.rows ?? 0..<height
        let wanted = part?.columns ?? 0..<width
        precondition(rows.lowerBound >= 0 && rows.upperBound <= height && wanted.lowerBound >= 0 && wanted.upperBound <= width)
        // Colours at the cut are smoothed as if at the picture's edge, so the cut lies a block away from what is needed.
        let columns = max(0, wanted.lowerBound - Self.margin)..<min(width, wanted.upperBound + Self.margin)
        var (first, count) = (Int32(columns.lowerBound), Int32(columns.count))
        // The decoder moves the cut to the left, to where a block begins.
        let room = min(width, columns.count + Self.margin)
        target.reshape(width: room, height: rows.count)
        guard filterscope_jpeg_decode(
            decoder, Int32(denominator), &first, &count, Int32(rows.lowerBound), Int32(rows.count), target.pixels, Int32(room)) == 0
        else { throw damage() }
        target.narrow(to: Int(count))
        if header.isInk { target.convertFromInk() }
        return (Int(first), rows.lowerBound)
    }

    /// Columns of the widest block: two of eight pixels where colours are stored at half size, four at a quarter.
    private static let margin = 32

    private func damage() -> Problem { Problem("the JPEG file is damaged: \(String(cString: filterscope_jpeg_message(decoder)))") }
}

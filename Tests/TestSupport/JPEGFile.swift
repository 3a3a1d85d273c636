import CTurboJPEG
import Foundation
import Tensors

/// JPEG files made by libturbojpeg, and what can be wrong with them.
public enum JPEGFile {
    public struct NotMade: Error {}

    /// A file of a smooth picture that differs with `seed`.
    public static func make(width: Int, height: Int, seed: Int = 0, grey: Bool = false, quality: Int = 90) throws -> Data {
        let pixels = (0..<width * height).flatMap { place in
            let (row, column) = (Double(place / width), Double(place % width))
            return (0..<3).map { channel in
                let wave = sin(row / 17 + Double(seed + channel)) + cos(column / 11 + Double(seed * 3 - channel))
                return UInt8(127.5 + 60 * wave)
            }
        }
        let handle = tjInitCompress()
        defer { tjDestroy(handle) }
        var file: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        let status = tjCompress2(
            handle, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &file, &size,
            Int32((grey ? TJSAMP_GRAY : TJSAMP_420).rawValue), Int32(quality), 0)
        defer { tjFree(file) }
        guard status == 0, let file else { throw NotMade() }
        return Data(bytes: file, count: Int(size))
    }

    /// The same file with other extents in its header.
    public static func declaring(width: Int, height: Int, in file: Data) throws -> Data {
        var file = file
        guard let frame = file.range(of: Data([0xFF, 0xC0, 0x00])) else { throw NotMade() }
        let place = frame.lowerBound + 5
        file.replaceSubrange(
            place..<place + 4, with: [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)])
        return file
    }

    /// The same file without its quantization tables, as the standard's abbreviated format has it.
    public static func withoutTables(_ file: Data) throws -> Data {
        var file = file
        var found = false
        while let table = file.range(of: Data([0xFF, 0xDB])) {
            let length = Int(file[table.upperBound]) << 8 | Int(file[table.upperBound + 1])
            file.removeSubrange(table.lowerBound..<table.upperBound + length)
            found = true
        }
        guard found else { throw NotMade() }
        return file
    }

    /// The same file with noise over the middle of its picture.
    public static func damaged(_ file: Data) -> Data {
        var file = file
        var stream = RandomStream(seed: 1, purpose: .synthetic)
        for place in file.count / 2..<file.count * 3 / 4 { file[place] = UInt8(truncatingIfNeeded: stream.nextWord()) }
        return file
    }
}

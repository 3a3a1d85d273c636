import CTurboJPEG
import Foundation
import Tensors
import Testing

/// JPEG files: small ones that Scripts/make-picture-digests stored, and others made by libturbojpeg.
enum JPEGFixture {
    static func stored(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// A file of a smooth picture that differs with `seed`.
    static func make(width: Int, height: Int, seed: Int = 0, grey: Bool = false, quality: Int = 90) throws -> Data {
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
        try #require(status == 0)
        let bytes = try #require(file)
        defer { tjFree(bytes) }
        return Data(bytes: bytes, count: Int(size))
    }

    /// The same file with other extents in its header.
    static func declaring(width: Int, height: Int, in file: Data) throws -> Data {
        var file = file
        let frame = try #require(file.range(of: Data([0xFF, 0xC0, 0x00])))
        let place = frame.lowerBound + 5
        file[place] = UInt8(height >> 8)
        file[place + 1] = UInt8(height & 255)
        file[place + 2] = UInt8(width >> 8)
        file[place + 3] = UInt8(width & 255)
        return file
    }

    /// The same file with noise over the middle of its picture.
    static func damaged(_ file: Data) -> Data {
        var file = file
        var stream = RandomStream(seed: 1, purpose: .synthetic)
        for place in file.count / 2..<file.count * 3 / 4 { file[place] = UInt8(truncatingIfNeeded: stream.nextWord()) }
        return file
    }
}

import CZlib
import Foundation

/// Packing of inputs, so that changes reach what is inside and not only its checksum.
enum Packing {
    /// A gzip file.
    static func gzip(_ bytes: Data) -> Data { deflate(bytes, windowBits: 15 + 16) }

    /// A zlib stream, as MATLAB's files have.
    static func zlib(_ bytes: Data) -> Data { deflate(bytes, windowBits: 15) }

    private static func deflate(_ bytes: Data, windowBits: Int32) -> Data {
        var stream = z_stream()
        guard deflateInit2_(
            &stream, 1, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return Data() }
        defer { deflateEnd(&stream) }
        var source = [UInt8](bytes)
        var target = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(source.count))) + 64)
        let count = source.withUnsafeMutableBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                _ = CZlib.deflate(&stream, Z_FINISH)
                return target.count - Int(stream.avail_out)
            }
        }
        return Data(target[..<count])
    }
}

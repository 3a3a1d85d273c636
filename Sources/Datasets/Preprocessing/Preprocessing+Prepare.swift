import Diagnostics
import Foundation
import Imaging
import Tensors

// Writes through pointers: into the FloatBuffer that the caller owns.

extension Preprocessing {
    /// Writes one sample of a fixed size as [outputSize, outputSize, channels] floats. A smaller image stands in the middle
    /// of black (one pixel nearer to the top left where the margin is odd) and is then moved and mirrored.
    /// - Precondition: the samples are of one size and not resized, `sample` has that size and `output` has `outputCount`
    ///   floats.
    func place(_ sample: Span<UInt8>, into output: FloatBuffer, _ draw: Augmentation.Draw) {
        precondition(sample.count == encoding.fixedByteCount, "sample of \(sample.count) bytes for \(encoding)")
        precondition(output.count == outputCount, "room for \(output.count) floats, not \(outputCount)")
        let placement = Placement(encoding: encoding, outputSize: outputSize, draw: draw)
        switch encoding.format {
        case .uint8HWC: placePixels(sample, output, placement)
        case .float32CHW: placeValues(sample.bytes, output, placement)
        case .jpeg: preconditionFailure("a JPEG file has no size of its own")
        }
    }

    /// Writes a picture of `outputSize` pixels a side, moved and then mirrored, with black where it leaves.
    func write(_ picture: PixelBuffer, into output: FloatBuffer, _ draw: Augmentation.Draw) {
        precondition(output.count == outputCount, "room for \(output.count) floats, not \(outputCount)")
        if draw.down != 0 || draw.right != 0 { fillBackground(output) }
        table.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { preconditionFailure("pictures need a normalization") }
            picture.write(
                table, channels: channels, size: outputSize, down: draw.down, right: draw.right, mirrored: draw.flipped,
                to: output.pointer)
        }
    }

    private func placePixels(_ sample: Span<UInt8>, _ output: FloatBuffer, _ placement: Placement) {
        if placement.rows.count < outputSize || placement.columns.count < outputSize { fillBackground(output) }
        let channels = channels
        let pixelStep = placement.pixelStep * channels
        let table = table.span
        for row in placement.rows {
            var source = (row * encoding.width + placement.columns.lowerBound) * channels
            var target = placement.target(row: row, outputSize: outputSize) * channels
            for _ in placement.columns {
                for channel in 0..<channels {
                    output.pointer[target + channel] = table[channel << 8 | Int(sample[source + channel])]
                }
                source += channels
                target += pixelStep
            }
        }
    }

    private func placeValues(_ sample: RawSpan, _ output: FloatBuffer, _ placement: Placement) {
        if placement.rows.count < outputSize || placement.columns.count < outputSize { fillBackground(output) }
        let pixelStep = placement.pixelStep * channels
        for channel in 0..<channels {
            for row in placement.rows {
                var source = ((channel * encoding.height + row) * encoding.width + placement.columns.lowerBound) * 4
                var target = placement.target(row: row, outputSize: outputSize) * channels + channel
                for _ in placement.columns {
                    // Any four bytes are a float; the read is checked against the span's bounds.
                    let bits = sample.unsafeLoadUnaligned(fromByteOffset: source, as: UInt32.self)
                    output.pointer[target] = Float(bitPattern: UInt32(littleEndian: bits))
                    source += 4
                    target += pixelStep
                }
            }
        }
    }

    private func fillBackground(_ output: FloatBuffer) {
        let first = background(channel: 0)
        if (1..<channels).allSatisfy({ background(channel: $0) == first }) {
            output.fill(first)
        } else {
            for channel in 0..<channels {
                let value = background(channel: channel)
                for target in stride(from: channel, to: output.count, by: channels) { output.pointer[target] = value }
            }
        }
    }
}

/// Which part of a stored image is seen, and where it lands.
private struct Placement {
    /// Rows and columns of the stored image that land inside the output.
    let rows: Range<Int>
    let columns: Range<Int>
    /// Output row of stored row 0.
    private let top: Int
    /// Output column of the first of `columns`.
    private let firstColumn: Int
    /// Output columns from one stored column to the next: 1, or -1 when mirrored.
    let pixelStep: Int

    init(encoding: SampleEncoding, outputSize: Int, draw: Augmentation.Draw) {
        top = (outputSize - encoding.height) / 2 + draw.down
        let left = (outputSize - encoding.width) / 2 + draw.right
        rows = Self.visible(encoding.height, from: top, in: outputSize)
        columns = Self.visible(encoding.width, from: left, in: outputSize)
        let column = columns.lowerBound + left
        firstColumn = draw.flipped ? outputSize - 1 - column : column
        pixelStep = draw.flipped ? -1 : 1
    }

    /// The pixel, counted from the output's first, where the first visible pixel of a stored row lands.
    func target(row: Int, outputSize: Int) -> Int { (row + top) * outputSize + firstColumn }

    private static func visible(_ extent: Int, from start: Int, in outputSize: Int) -> Range<Int> {
        let lower = min(max(0, -start), extent)
        return lower..<max(lower, min(extent, outputSize - start))
    }
}

import Diagnostics
import Foundation
import Tensors

// The only file of the module that writes through pointers: into the FloatBuffer that the caller owns.

extension Preprocessing {
    /// Writes one sample as [outputSize, outputSize, channels] floats. A smaller image stands in the middle of black (one
    /// pixel nearer to the top left where the margin is odd); with `augment` it is then moved and mirrored as
    /// `Augmentation.draw` says. The bits depend on the sample, `self`, `seed`, `epoch` and `sampleIndex` alone.
    /// - Precondition: `sample` has `encoding.fixedByteCount` bytes and `output` has `outputCount` floats.
    public func prepare(
        _ sample: Span<UInt8>, into output: FloatBuffer, sampleIndex: Int, epoch: Int, seed: UInt64, augment: Bool
    ) {
        precondition(sample.count == encoding.fixedByteCount, "sample of \(sample.count) bytes for \(encoding)")
        precondition(output.count == outputCount, "room for \(output.count) floats, not \(outputCount)")
        let draw = augment && augmentation != .none
            ? augmentation.draw(sampleIndex: sampleIndex, epoch: epoch, seed: seed)
            : Augmentation.Draw(down: 0, right: 0, flipped: false)
        let placement = Placement(encoding: encoding, outputSize: outputSize, draw: draw)
        switch encoding.format {
        case .uint8HWC: placePixels(sample, output, placement)
        case .float32CHW: placeValues(sample.bytes, output, placement)
        }
    }

    /// Prepares a shard: samples that lie one after the other, as `Split.encodedSamples` joins them, become
    /// [count, outputSize, outputSize, channels]. Floats of `output` beyond them stay as they are.
    /// - Throws: a `Problem` where the bytes do not match the number of samples or a number is out of range, for shards
    ///   come from sockets.
    /// - Precondition: `output` has room for `sampleIndices.count` samples.
    public func prepareShard(
        _ samples: Data, into output: FloatBuffer, sampleIndices: [Int], epoch: Int, seed: UInt64, augment: Bool
    ) throws(Problem) {
        let places = try encoding.locate(sampleIndices.count, in: samples)
        let range = 0...Int(UInt32.max)
        guard range.contains(epoch), sampleIndices.allSatisfy(range.contains) else {
            throw Problem("an epoch or sample number does not fit in 32 bits")
        }
        let bytes = samples.span
        for (place, sampleIndex) in sampleIndices.enumerated() {
            prepare(
                bytes.extracting(places[place]), into: output.slice(place * outputCount, outputCount),
                sampleIndex: sampleIndex, epoch: epoch, seed: seed, augment: augment)
        }
    }

    private func placePixels(_ sample: Span<UInt8>, _ output: FloatBuffer, _ placement: Placement) {
        fillBackground(output, placement)
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
        fillBackground(output, placement)
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

    private func fillBackground(_ output: FloatBuffer, _ placement: Placement) {
        guard placement.rows.count < outputSize || placement.columns.count < outputSize else { return }
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

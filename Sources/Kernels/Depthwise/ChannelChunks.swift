import Tensors

/// Some blocks of 16 channels that are gone through together, from the first sample to the last; the last block of all may have
/// fewer channels.
struct ChannelChunk {
    let firstChannel: Int
    let blocks: Int
    /// Channels of the last block, 1...16.
    let lastLanes: Int

    /// Blocks of 16 channels.
    var fullBlocks: Int { @inline(__always) get { lastLanes == vectorWidth ? blocks : blocks &- 1 } }

    /// Whether the last block has fewer than 16 channels.
    var hasPart: Bool { @inline(__always) get { lastLanes != vectorWidth } }

    @inline(__always)
    func lanes(_ block: Int) -> Int { block == blocks &- 1 ? lastLanes : vectorWidth }

    /// Calls `body` with chunks of at most `largest` blocks and nearly equal size.
    static func forEach(channels: Int, largest: Int, _ body: (ChannelChunk) -> Void) {
        let blocks = channelBlocks(channels)
        let size = evenChunk(blocks, largest: largest)
        for first in stride(from: 0, to: blocks, by: size) {
            let count = min(size, blocks - first)
            let end = min((first + count) * vectorWidth, channels)
            body(ChannelChunk(
                firstChannel: first * vectorWidth, blocks: count, lastLanes: end - (first + count - 1) * vectorWidth))
        }
    }
}

/// Blocks of 16 channels, the last perhaps of fewer.
func channelBlocks(_ channels: Int) -> Int { (channels + vectorWidth - 1) / vectorWidth }

/// The size of all chunks but the last when `count` is cut evenly into as few as possible of at most `largest`.
func evenChunk(_ count: Int, largest: Int) -> Int {
    let chunks = (count + largest - 1) / largest
    return (count + chunks - 1) / chunks
}

/// Copies [k, k, C] of a chunk to [block][tap][16], zeros where there are no channels.
func packTaps(_ target: UnsafeMutablePointer<Float>, _ weights: FloatBuffer, _ chunk: ChannelChunk, taps: Int, channels: Int) {
    for block in 0..<chunk.blocks {
        let channel = chunk.firstChannel &+ block &* vectorWidth
        for tap in 0..<taps {
            target.store(
                weights.pointer.vector(at: tap &* channels &+ channel, count: chunk.lanes(block)),
                at: (block &* taps &+ tap) &* vectorWidth)
        }
    }
}

/// target[x] = source[x · step], `lanes` of 16 channels, the others zero.
@inline(never)
func gather(_ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, step: Int, pixels: Int, lanes: Int) {
    for x in 0..<pixels { target.store(source.vector(at: x &* step, count: lanes), at: x &* vectorWidth) }
}

/// target[x · step] = source[x], `lanes` of 16 channels.
@inline(never)
func scatter(_ target: UnsafeMutablePointer<Float>, step: Int, _ source: UnsafePointer<Float>, pixels: Int, lanes: Int) {
    for x in 0..<pixels { target.store(source.vector(at: x &* vectorWidth), at: x &* step, count: lanes) }
}

/// Copies [C] of a chunk to [block][step], zeros where there are no channels.
func packChannels(_ target: UnsafeMutablePointer<Float>, step: Int, _ values: FloatBuffer, _ chunk: ChannelChunk) {
    for block in 0..<chunk.blocks {
        target.store(
            values.pointer.vector(at: chunk.firstChannel &+ block &* vectorWidth, count: chunk.lanes(block)), at: block &* step)
    }
}

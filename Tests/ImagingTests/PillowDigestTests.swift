import Foundation
import Imaging
import Tensors
import Testing

/// A made-up picture of 53x41 pixels; Scripts/make-picture-digests makes the same one and prints what Pillow makes of it.
private func picture(alpha: Bool = false) -> PixelBuffer {
    let picture = PixelBuffer()
    picture.reshape(width: 53, height: 41)
    for y in 0..<41 {
        for x in 0..<53 {
            let place = (y * 53 + x) * 4
            picture.pixels[place] = UInt8((x * 7 + y * 3) % 256)
            picture.pixels[place + 1] = UInt8((x * y) % 256)
            picture.pixels[place + 2] = UInt8((x * x + y * 11) % 256)
            picture.pixels[place + 3] = alpha ? UInt8((x * 5 + y) % 256) : 0
        }
    }
    return picture
}

extension PixelBuffer {
    /// Of red, green and blue of every pixel.
    fileprivate var digest: String {
        var bytes = Data()
        for place in stride(from: 0, to: byteCount, by: 4) {
            for channel in 0..<3 { bytes.append(pixels[place + channel]) }
        }
        return Digest.sha256(of: bytes).hexadecimal
    }
}

/// The same bytes as Pillow's, to the last one.
@Suite struct PillowDigestTests {
    @Test(arguments: [
        (Interpolation.bilinear, 17, 23, "c64de114f187ea56d10a89560f82cde2c7e7e5bd91c5dc6160306b31e8a8f334"),
        (.bilinear, 90, 64, "9edb684f741515206260c30383081c1c36437f86df7853a95177a31c28095931"),
        (.bilinear, 53, 20, "c0145e2a85834e876b65a0a3b29241d7e67f5e2761897369b503bc9871d4652e"),
        (.bilinear, 20, 41, "11a2fc2bc85c4a0e00f4b3ac621a0ce91d73916d040b04af24c44acde9b8cff1"),
        (.bilinear, 1, 1, "2c8446aa42ef97008c1b0b3c9dca5faafc131051309b58d419d24c52f994ca62"),
        (.bicubic, 17, 23, "b581fd3ca7b2b1e7f6c19583607299b5ec3fd846399059d2a1903ae131a41cda"),
        (.bicubic, 90, 64, "37c0d8df7266f83373fe969c04c676b5b3ad5b1faf46821790dae2db6633669b"),
        (.bicubic, 53, 20, "1efd177a493baea1587d8eebb657e6e0ae2013e2dea6c8062623477f384e66a9"),
        (.bicubic, 20, 41, "f8a353c68c67c24a93297d6b6b0514b6694f47cb64c9425f14347068bf2cf8bb"),
        (.bicubic, 1, 1, "f0d8caead87eade71f609fee874953cc550e23cce482142762c77541a485c27c"),
    ])
    func resamplingIsPillows(interpolation: Interpolation, width: Int, height: Int, digest: String) {
        let resized = PixelBuffer()
        Resampler().resample(
            picture(), box: .init(x: 0, y: 0, width: 53, height: 41), width: width, height: height, window: (0..<width, 0..<height),
            interpolation: interpolation, into: resized)
        #expect(resized.digest == digest)
    }

    /// Pixels outside the part do not shine in.
    @Test(arguments: [
        (Interpolation.bilinear, "52c7f9bc227673fef00eae1cb46e00bf4e01fc8410056a7c3ca9725d835afcd9"),
        (.bicubic, "7f6a2cc51d303a78e4f79c73e5af0aefcb2d0db03aab51e497c4ade124e24f64"),
    ])
    func aPartIsResampledAsIfCutOutFirst(interpolation: Interpolation, digest: String) {
        let resized = PixelBuffer()
        Resampler().resample(
            picture(), box: .init(x: 5, y: 3, width: 40, height: 27), width: 17, height: 23, window: (0..<17, 0..<23),
            interpolation: interpolation, into: resized)
        #expect(resized.digest == digest)
    }

    @Test(arguments: [
        (ColourChange.brightness(0), "77bcdc2507df30f080c52b56925d7f62f50e5dd737451ed130c33c021480e61f"),
        (.contrast(0), "a70a46273d262b933985ce20569a3d6a64016ed8f0c48c678e8cd1897a16ba47"),
        (.saturation(0), "9aa8d26c489f66ffe866260dd6e157ae56120b1a2cc740fc5d69046a5d09f5fe"),
        (.brightness(0.4), "cb8e8759687959f91d7b27f77e2b9ca9347778b27bbcbee2d6f7ce8c9547c5ad"),
        (.contrast(0.4), "aef6f1d7dbac173e5d50ab9f7cb0ddad77a7ced56c638d9018c2743da931e0ae"),
        (.saturation(0.4), "54a2f347f4ca3b9a5496bcac6fa3e22f5f150b317351855b77248a395965a11e"),
        (.brightness(1), "681a59113eae4fbdcb63fd2201e95f381c6713cc8ac83cf22d59ecf8c5a3671d"),
        (.contrast(1), "681a59113eae4fbdcb63fd2201e95f381c6713cc8ac83cf22d59ecf8c5a3671d"),
        (.saturation(1), "681a59113eae4fbdcb63fd2201e95f381c6713cc8ac83cf22d59ecf8c5a3671d"),
        (.brightness(1.7), "11107f60f37b2bea4ab4406003e05b48f803f12ddeea0d6cb95003b6935a789e"),
        (.contrast(1.7), "75e82e9d360542f7447d2052255b4125006a47f375b7060fed08d296ca6c829d"),
        (.saturation(1.7), "344c829e8ce7338d163c3e056ff12ab54a69a6154f5d9cd4559ad4147f8e99e2"),
        (.hue(-0.5), "c34d4f34c004c479563fc185bb696f8c59bfa30d643acf1e50a9a32074693258"),
        (.hue(-0.1), "96c95655c3257c481cbd05bcb25d08be39720da48554d2d646167057aec5cb9b"),
        (.hue(0), "5dddefafe9218d2cee826f7c6e04aafcc25ca56d3f74553b71308a75ce4cee1d"),
        (.hue(0.3), "aaf2be92c0952cdacf3f2f402796eb6b8ca133e406bb994ec47b90260a561f91"),
    ])
    func colourChangesArePillows(change: ColourChange, digest: String) {
        let changed = picture()
        changed.apply(change)
        #expect(changed.digest == digest)
    }

    @Test func inkBecomesColourAsInPillow() {
        // The script gives ink as such; files store 255 less it.
        let stored = picture(alpha: true)
        for place in 0..<stored.byteCount { stored.pixels[place] = 255 - stored.pixels[place] }
        stored.convertFromInk()
        #expect(stored.digest == "bfa6eb187a3c573877cbbe243fba4586201cb0cf35c98aaf828e19622eb7b391")
    }
}

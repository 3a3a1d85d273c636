import Datasets
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct PreprocessingTests {
    private func prepared(
        _ preprocessing: Preprocessing, _ sample: [UInt8], sampleIndex: Int = 0, epoch: Int = 0, seed: UInt64 = 0, augment: Bool = false
    ) throws -> [Float] {
        var output = Tensor([preprocessing.outputCount])
        try output.withMutableBuffer {
            $0.fill(.nan)
            try SamplePreparer(preprocessing).prepare(sample.span, into: $0, sampleIndex: sampleIndex, epoch: epoch, seed: seed, augment: augment)
        }
        return output.array
    }

    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var stream = RandomStream(seed: seed, purpose: .synthetic)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.nextWord()) }
    }

    @Test func everyPixelValueIsExact() throws {
        let encoding = SampleEncoding(.uint8HWC, height: 16, width: 16, channels: 1)
        let all = (0...255).map(UInt8.init)
        let symmetric = try Preprocessing(
            encoding: encoding, outputSize: 16, normalization: .symmetric(channels: 1), augmentation: .none)
        #expect(try prepared(symmetric, all) == all.map { 2 * Float($0) / 255 - 1 })
        #expect(try prepared(symmetric, all)[0] == -1)
        #expect(try prepared(symmetric, all)[255] == 1)
        let imagenet = try Preprocessing(
            encoding: encoding, outputSize: 16, normalization: .imagenet(channels: 1), augmentation: .none)
        #expect(try prepared(imagenet, all) == all.map { (Float($0) / 255 - 0.449) / 0.226 })
    }

    @Test func colourChannelsHaveTheirOwnMeans() throws {
        let encoding = SampleEncoding(.uint8HWC, height: 1, width: 1, channels: 3)
        let preprocessing = try Preprocessing(
            encoding: encoding, outputSize: 2, normalization: .imagenet(channels: 3), augmentation: .none)
        // A single pixel's margin of one lies at the bottom right.
        let red = (Float(255) / 255 - 0.485) / 0.229
        let green = (Float(100) / 255 - 0.456) / 0.224
        let blue = (Float(7) / 255 - 0.406) / 0.225
        let black: [Float] = [(0 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0 - 0.406) / 0.225]
        #expect(try prepared(preprocessing, [255, 100, 7]) == [red, green, blue] + black + black + black)
        #expect(Normalization.imagenet(channels: 4) == nil)
    }

    @Test func smallImagesStandInTheMiddleOfBlack() throws {
        let encoding = SampleEncoding(.uint8HWC, height: 28, width: 28, channels: 1)
        let preprocessing = try Preprocessing(
            encoding: encoding, outputSize: 32, normalization: .symmetric(channels: 1), augmentation: .standard)
        let values = try prepared(preprocessing, .init(repeating: 255, count: 784))
        for row in 0..<32 {
            for column in 0..<32 {
                let inside = (2..<30).contains(row) && (2..<30).contains(column)
                #expect(values[row * 32 + column] == (inside ? 1 : -1))
            }
        }
    }

    @Test(arguments: [(28, 28, 1, 32), (5, 3, 1, 8), (3, 6, 3, 7), (8, 8, 3, 8), (1, 1, 1, 1), (2, 1, 2, 5), (1, 3, 1, 3)])
    func augmentationAgreesWithTheReference(height: Int, width: Int, channels: Int, size: Int) throws {
        let encoding = SampleEncoding(.uint8HWC, height: height, width: width, channels: channels)
        let normalization = Normalization.imagenet(channels: channels) ?? .symmetric(channels: channels)
        let preprocessing = try Preprocessing(
            encoding: encoding, outputSize: size, normalization: normalization, augmentation: .standard)
        let reference = PreprocessingReference(
            size: size, background: (0..<channels).map { normalization.value(ofPixel: 0, channel: $0) })
        for sampleIndex in 0..<200 {
            let sample = bytes(encoding.height * encoding.width * encoding.channels, seed: UInt64(sampleIndex))
            let image = (0..<height).map { row in
                (0..<width).map { column in
                    (0..<channels).map { channel in
                        normalization.value(ofPixel: Int(sample[(row * width + column) * channels + channel]), channel: channel)
                    }
                }
            }
            let draw = preprocessing.augmentation.draw(sampleIndex: sampleIndex, epoch: 3, seed: 9)
            let actual = try prepared(preprocessing, sample, sampleIndex: sampleIndex, epoch: 3, seed: 9, augment: true)
            #expect(actual == reference.prepare(image, draw: draw), "sample \(sampleIndex), \(draw)")
        }
    }

    @Test func drawsCoverEveryMoveAndDependOnTheirArgumentsAlone() {
        let draws = (0..<4_000).map { Augmentation.standard.draw(sampleIndex: $0, epoch: 1, seed: 7) }
        for move in -4...4 {
            // 4000 / 9 = 444 each, with a deviation of 20.
            #expect(abs(draws.count { $0.down == move } - 444) < 100)
            #expect(abs(draws.count { $0.right == move } - 444) < 100)
        }
        #expect(draws.allSatisfy { (-4...4).contains($0.down) && (-4...4).contains($0.right) })
        #expect(abs(draws.count { $0.flipped } - 2_000) < 160)
        #expect(draws == (0..<4_000).map { Augmentation.standard.draw(sampleIndex: $0, epoch: 1, seed: 7) })
        #expect(draws != (0..<4_000).map { Augmentation.standard.draw(sampleIndex: $0, epoch: 2, seed: 7) })
        #expect(draws != (0..<4_000).map { Augmentation.standard.draw(sampleIndex: $0, epoch: 1, seed: 8) })
        let still = Augmentation.none.draw(sampleIndex: 5, epoch: 1, seed: 7)
        #expect(still.down == 0 && still.right == 0 && !still.flipped)
    }

    @Test func tensorsEnterBitForBit() throws {
        let encoding = SampleEncoding(.float32CHW, height: 4, width: 4, channels: 3)
        let preprocessing = try Preprocessing(encoding: encoding, outputSize: 4, normalization: nil, augmentation: .none)
        let values = randomFloats(48, seed: 1)
        let output = try prepared(preprocessing, values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
        for channel in 0..<3 {
            for pixel in 0..<16 { #expect(output[pixel * 3 + channel] == values[channel * 16 + pixel]) }
        }
    }

    @Test func aShardIsItsSamplesOneAfterTheOther() throws {
        let encoding = SampleEncoding(.uint8HWC, height: 5, width: 6, channels: 1)
        let preprocessing = try Preprocessing(
            encoding: encoding, outputSize: 8, normalization: .symmetric(channels: 1), augmentation: .standard)
        let split = Split(.train, encoding: encoding, bytes: Data(bytes(300, seed: 2)), labels: .init(repeating: 0, count: 10))
        let indices = [7, 0, 9]
        let shard = try split.encodedSamples(indices)
        var output = Tensor([4, 8, 8, 1])
        // A window on a larger buffer, as a socket's frames may be.
        let window = (Data([1, 2, 3]) + shard).dropFirst(3)
        try output.withMutableBuffer {
            _ = try SamplePreparer(preprocessing).prepareShard(window, into: $0, sampleIndices: indices, epoch: 2, seed: 3, augment: true)
        }
        let expected = try indices.flatMap {
            try prepared(preprocessing, Array(split.sample($0)), sampleIndex: $0, epoch: 2, seed: 3, augment: true)
        }
        #expect(output.array == expected + [Float](repeating: 0, count: 64))
        expectProblem("90 bytes", "2 of 30") {
            try output.withMutableBuffer {
                _ = try SamplePreparer(preprocessing).prepareShard(shard, into: $0, sampleIndices: [1, 2], epoch: 2, seed: 3, augment: true)
            }
        }
        expectProblem("32 bits") {
            try output.withMutableBuffer {
                _ = try SamplePreparer(preprocessing).prepareShard(shard, into: $0, sampleIndices: [1, 2, -1], epoch: 2, seed: 3, augment: true)
            }
        }
    }

    @Test func itTravelsAsJSONWithTheSameBits() throws {
        let preprocessing = try Preprocessing(
            encoding: SampleEncoding(.uint8HWC, height: 28, width: 30, channels: 3), outputSize: 32,
            normalization: .imagenet(channels: 3), augmentation: Augmentation(flip: true, translation: 2))
        let json = try JSONEncoder().encode(preprocessing)
        let decoded = try JSONDecoder().decode(Preprocessing.self, from: json)
        #expect(decoded == preprocessing)
        #expect(decoded.hashValue == preprocessing.hashValue)
        let sample = bytes(28 * 30 * 3, seed: 4)
        #expect(try prepared(decoded, sample, augment: true) == prepared(preprocessing, sample, augment: true))
    }

    @Test(arguments: [
        (#""height":28"#, #""height":0"#), (#""width":28"#, #""width":100000"#), (#""channels":1"#, #""channels":65"#),
        (#""outputSize":32"#, #""outputSize":20"#), (#""outputSize":32"#, #""outputSize":1000000000"#),
        (#""translation":4"#, #""translation":-1"#), (#""deviation":[0.5]"#, #""deviation":[0]"#),
        (#""deviation":[0.5]"#, #""deviation":[0.5,0.5]"#), ("uint8-hwc", "float32-chw"), ("uint8-hwc", "jpeg"),
    ])
    func aDamagedMessageIsRefused(part: String, damage: String) throws {
        let preprocessing = try Preprocessing(
            encoding: SampleEncoding(.uint8HWC, height: 28, width: 28, channels: 1), outputSize: 32,
            normalization: .symmetric(channels: 1), augmentation: .standard)
        let json = String(decoding: try JSONEncoder().encode(preprocessing), as: UTF8.self)
        #expect(json.contains(part))
        let damaged = json.replacingOccurrences(of: part, with: damage)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Preprocessing.self, from: Data(damaged.utf8)) }
    }
}

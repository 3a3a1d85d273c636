import Datasets
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

/// Whole photographs against Pillow, where a Python with Pillow (FILTERSCOPE_PYTHON names it) and the photographs are.
@Suite struct PillowAgreementTests {
    /// Decodes every file of a tar of tars, in sorted order of labels: width, height and pixels, back to back; with "evaluation"
    /// brought to 224 pixels first, as torchvision's Resize(256) and CenterCrop(224) do.
    private static let script = """
        import io, struct, sys, tarfile
        from PIL import Image
        with open(sys.argv[2], "wb") as out, tarfile.open(sys.argv[1]) as outer:
            for member in sorted(outer.getmembers(), key=lambda member: member.name):
                with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                    for file in sorted(inner.getmembers(), key=lambda file: file.name):
                        image = Image.open(io.BytesIO(inner.extractfile(file).read())).convert("RGB")
                        if sys.argv[3] == "evaluation":
                            short, (width, height) = min(image.size), image.size
                            image = image.resize((int(256 * width / short), int(256 * height / short)), Image.BILINEAR)
                            left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
                            image = image.crop((left, top, left + 224, top + 224))
                        out.write(struct.pack("<II", *image.size) + image.tobytes())
        """

    /// What Pillow makes of the photographs; nil where it or they are not there.
    private func pillow(_ kind: String, _ folder: String) throws -> [UInt8]? {
        guard let python = ProcessInfo.processInfo.environment["FILTERSCOPE_PYTHON"] else {
            print("skipped: FILTERSCOPE_PYTHON does not name a Python with Pillow")
            return nil
        }
        let directory = try TemporaryDirectory("pillow")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", Self.script, "\(folder)/ILSVRC2012_img_train.tar", directory.file("pixels"), kind]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file("pixels")), options: .alwaysMapped))
    }

    @Test func photographsDecodeAsInPillow() throws {
        guard let folder = RealData.path("imagenet-sample"), let pixels = try pillow("whole", folder) else { return }
        let split = try openDataset(DatasetSpecification("imagenet:\(folder)"), splits: [.train]).split(.train)
        let (decoder, picture) = (JPEGDecoder(), PixelBuffer())
        var place = 0
        var (worst, differing, values) = (0, 0, 0)
        for index in 0..<split.count {
            try Array(split.sample(index)).withUnsafeBufferPointer { _ = try decoder.decode($0, try decoder.header($0), into: picture) }
            func word(_ start: Int) -> Int { (0..<4).reduce(0) { $0 | Int(pixels[start + $1]) << (8 * $1) } }
            try #require(picture.width == word(place) && picture.height == word(place + 4), "\(split.sampleName(index))")
            place += 8
            for pixel in 0..<picture.width * picture.height {
                for channel in 0..<3 {
                    let difference = abs(Int(picture.pixels[4 * pixel + channel]) - Int(pixels[place + 3 * pixel + channel]))
                    worst = max(worst, difference)
                    differing += difference > 0 ? 1 : 0
                }
            }
            place += 3 * picture.width * picture.height
            values += 3 * picture.width * picture.height
        }
        #expect(place == pixels.count)
        print("\(split.count) photographs, \(values) values: \(differing) differ from Pillow's, by \(worst) grey levels at most")
        #expect(worst <= 2)
    }

    /// The same to the last bit, however large the photograph.
    @Test func evaluationIsTorchvisions() throws {
        guard let folder = RealData.path("imagenet-sample"), let pixels = try pillow("evaluation", folder) else { return }
        let dataset = try openDataset(DatasetSpecification("imagenet:\(folder)"), splits: [.train])
        let split = dataset.split(.train)
        let preparer = SamplePreparer(dataset.preprocessing)
        let length = 224 * 224 * 3
        try #require(pixels.count == split.count * (length + 8))
        var values = [Float](repeating: 0, count: length)
        for index in 0..<split.count {
            let file = try split.sample(index)
            try values.withUnsafeMutableBufferPointer { buffer in
                let room = FloatBuffer(try #require(buffer.baseAddress), count: length)
                try preparer.prepare(file.span, into: room, sampleIndex: index, epoch: 0, seed: 0, augment: false)
            }
            let expected = pixels[index * (length + 8) + 8..<(index + 1) * (length + 8)].map { 2 * Float($0) / 255 - 1 }
            let worst = zip(values, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-6, "\(split.sampleName(index)): \(worst * 127.5) grey levels")
        }
        print("\(split.count) photographs the same as torchvision's evaluation")
    }
}

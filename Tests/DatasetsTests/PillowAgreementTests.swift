import Datasets
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

/// Whole photographs against Pillow, where a Python with Pillow (FILTERSCOPE_PYTHON names it) and the photographs are.
@Suite struct PillowAgreementTests {
    /// Decodes every file of a tar of tars, in sorted order of labels: width, height and pixels, back to back.
    private static let script = """
        import io, struct, sys, tarfile
        from PIL import Image
        with open(sys.argv[2], "wb") as out, tarfile.open(sys.argv[1]) as outer:
            for member in sorted(outer.getmembers(), key=lambda member: member.name):
                with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                    for file in sorted(inner.getmembers(), key=lambda file: file.name):
                        image = Image.open(io.BytesIO(inner.extractfile(file).read())).convert("RGB")
                        out.write(struct.pack("<II", *image.size) + image.tobytes())
        """

    @Test func photographsDecodeAsInPillow() throws {
        guard let folder = RealData.path("imagenet-sample") else { return }
        guard let python = ProcessInfo.processInfo.environment["FILTERSCOPE_PYTHON"] else {
            print("skipped: FILTERSCOPE_PYTHON does not name a Python with Pillow")
            return
        }
        let directory = try TemporaryDirectory("pillow")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", Self.script, "\(folder)/ILSVRC2012_img_train.tar", directory.file("pixels")]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let pixels = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file("pixels")), options: .alwaysMapped))
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
}

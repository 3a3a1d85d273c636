import Diagnostics
import Foundation
import Tensors

/// A page of samples as the network sees them: as evaluation takes them, and as training takes them in the first epochs.
public struct ContactSheet {
    private let dataset: ImageDataset
    private let split: Split
    /// How many samples it shows.
    private let count: Int
    private let seed: UInt64

    /// Epochs that are shown beside the evaluation.
    private static let epochs = 5
    private static let gap = 4

    public init(_ dataset: ImageDataset, split: SplitName, count: Int, seed: UInt64) {
        self.dataset = dataset
        self.split = dataset.split(split)
        self.count = min(count, self.split.count)
        self.seed = seed
    }

    /// The page, one HTML file that holds its pictures. A sample that cannot be decoded shows why.
    public func html() -> String {
        let preparer = SamplePreparer(dataset.preprocessing)
        let order = EpochSampler(count: split.count, seed: seed)
        var rows = ""
        for place in 0..<count {
            let index = order.index(at: place, epoch: 0)
            let caption = "\(escaped(dataset.labelNames[Int(split.labels[index])]))<br><small>\(escaped(split.sampleName(index)))</small>"
            do throws(Problem) {
                let address = try strip(index, preparer).png.dataURL
                rows += "<tr><th>\(caption)</th><td><img src=\"\(address)\" alt=\"sample \(index)\"></td></tr>\n"
            } catch {
                rows += "<tr><th>\(caption)</th><td>\(escaped(error.what))</td></tr>\n"
            }
        }
        let title = escaped(dataset.specification.description)
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <style>body { font: 15px sans-serif; margin: 2em } th { text-align: left; font-weight: normal; padding-right: 1em; max-width: 20em; \
            overflow-wrap: anywhere } small { color: #666 } img { image-rendering: pixelated; min-height: 96px }</style></head><body>
            <h1>\(title)</h1>
            <p>\(count) of \(split.count) samples of split \(split.name.rawValue), seed \(seed): as evaluation takes them, then as training \
            takes them in its first \(Self.epochs) epochs, at \(dataset.preprocessing.outputSize) pixels.</p>
            <table>
            \(rows)</table></body></html>

            """
    }

    private func strip(_ index: Int, _ preparer: SamplePreparer) throws(Problem) -> Picture {
        let size = dataset.preprocessing.outputSize
        var picture = Picture(width: (Self.epochs + 1) * (size + Self.gap) - Self.gap, height: size)
        let room = ParameterVector(TensorLayout([("sample", [dataset.preprocessing.outputCount])]))
        let sample = try split.sample(index)
        for column in 0...Self.epochs {
            try preparer.prepare(
                sample.span, into: room.buffer, sampleIndex: index, epoch: max(0, column - 1), seed: seed, augment: column > 0)
            picture.place(
                UnsafeBufferPointer(start: room.buffer.pointer, count: room.buffer.count), dataset.preprocessing,
                column: column * (size + Self.gap))
        }
        return picture
    }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }
}

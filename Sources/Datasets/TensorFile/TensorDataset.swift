import Diagnostics
import Foundation
import Tensors

/// The most labels that a tensor file may number; a greater label is taken for damage.
private let mostLabels = 100_000

/// Opens a safetensors file with `images` [N, C, H, W] float32, network input as it stands, and `labels` [N] int64. It has
/// one split, which serves as whichever is asked for. Images stay in the file's mapping and are not copied.
func openTensorDataset(_ specification: DatasetSpecification, splits names: [SplitName]) throws(Problem) -> ImageDataset {
    let file = try SafetensorsFile(path: specification.path ?? "")
    let images = try file.entry("images", type: .float32, rank: 4, form: "[N, C, H, W]")
    let (count, channels, height, width) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
    guard count > 0 else { throw Problem("\"images\" holds no image: shape \(images.shape)", at: file.path) }
    guard SampleEncoding.allows(height: height, width: width, channels: channels), height == width else {
        throw Problem(
            "\"images\" has shape \(images.shape); images must be square, of at most \(SampleEncoding.largestSide) pixels "
                + "a side and \(SampleEncoding.mostChannels) channels", at: file.path)
    }
    let labels = try file.labels(count: count)
    let encoding = SampleEncoding(.float32CHW, height: height, width: width, channels: channels)
    let bytes = try file.rawBytes("images")
    try refuseNonFinite(bytes, encoding, path: file.path)
    return try ImageDataset(
        specification, labelNames: (0...(labels.max() ?? 0)).map(String.init), labelCountIsLowerBound: true,
        splits: names.map { Split($0, encoding: encoding, bytes: bytes, labels: labels) },
        preprocessing: Preprocessing(encoding: encoding, outputSize: height, normalization: nil, augmentation: .none))
}

extension SafetensorsFile {
    /// The tensor of that name, if its type and rank are right.
    fileprivate func entry(_ name: String, type: ElementType, rank: Int, form: String) throws(Problem) -> Entry {
        let entry = try entry(name)
        guard entry.type == type else {
            throw Problem(
                "\"\(name)\" holds \(entry.type.rawValue), not \(type.rawValue)", at: path,
                remedy: "write it as \(type == .float32 ? "float32" : "int64")")
        }
        guard entry.shape.rank == rank else {
            throw Problem("\"\(name)\" has shape \(entry.shape), not \(form)", at: path)
        }
        return entry
    }

    fileprivate func labels(count: Int) throws(Problem) -> [Int32] {
        let entry = try entry("labels", type: .int64, rank: 1, form: "[N]")
        guard entry.shape[0] == count else {
            throw Problem("\(count) images, but \(entry.shape[0]) labels", at: path)
        }
        let labels = try integers("labels")
        if let index = labels.firstIndex(where: { $0 < 0 || $0 >= mostLabels }) {
            throw Problem("label \(labels[index]) of sample \(index) is not within 0 ... \(mostLabels - 1)", at: path)
        }
        return labels.map(Int32.init)
    }
}

/// One NaN would spoil every weight of a training, far from where it came in.
private func refuseNonFinite(_ bytes: Data, _ encoding: SampleEncoding, path: String) throws(Problem) {
    let values = bytes.bytes
    for offset in stride(from: 0, to: bytes.count, by: 4) {
        let bits = UInt32(littleEndian: values.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        guard bits & 0x7F80_0000 != 0x7F80_0000 else {
            throw Problem("sample \(offset / (4 * encoding.height * encoding.width * encoding.channels)) of \"images\" holds \(Float(bitPattern: bits))", at: path)
        }
    }
}

import Diagnostics
import Foundation

/// Height and width of CIFAR's images.
private let side = 32

/// Opens CIFAR-10 or CIFAR-100. A record is one label byte (CIFAR-100: a coarse one, then the fine one that counts) and the
/// red, green and blue plane of 32x32 pixels.
func openCIFARDataset(_ specification: DatasetSpecification, splits names: [SplitName]) throws(Problem) -> ImageDataset {
    let kind = specification.kind
    let files = try CIFARFiles(kind, path: specification.path ?? ".")
    var labelNames = kind.labelNames
    if let data = try files.read(CIFARFiles.namesFile(kind)) {
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        guard lines.count == labelNames.count, Set(lines).count == lines.count else {
            throw Problem(
                "\(CIFARFiles.namesFile(kind)) does not name \(labelNames.count) labels, but \(Set(lines).count)", at: files.place)
        }
        labelNames = lines
    }
    let encoding = SampleEncoding(.uint8HWC, height: side, width: side, channels: 3)
    var splits: [Split] = []
    for name in names {
        splits.append(try readSplit(name, files, encoding, labelCount: labelNames.count))
    }
    let preprocessing = try pixelPreprocessing(specification, encoding: encoding, usualSize: side, enlarges: true)
    return try ImageDataset(
        specification, labelNames: labelNames, labelCountIsLowerBound: false, splits: splits, preprocessing: preprocessing)
}

private func readSplit(
    _ name: SplitName, _ files: CIFARFiles, _ encoding: SampleEncoding, labelCount: Int
) throws(Problem) -> Split {
    let labelBytes = files.kind == .cifar100 ? 2 : 1
    let record = labelBytes + 3 * side * side
    let pieces = CIFARFiles.sampleFiles(files.kind, name)
    var pixels = Data()
    var labels: [Int32] = []
    for piece in pieces {
        let location = "\(files.place)/\(piece)"
        guard let data = try files.read(piece) else {
            throw Problem("\(piece) is missing", at: files.place, remedy: files.kind.source)
        }
        guard !data.isEmpty, data.count % record == 0 else {
            throw Problem(
                data.isEmpty ? "the file is empty" : "truncated: \(data.count) bytes are no whole number of records of \(record)",
                at: location, remedy: ArchiveStream.damagedRemedy)
        }
        let bytes = data.span
        pixels.reserveCapacity(pieces.count * data.count)
        for start in stride(from: 0, to: bytes.count, by: record) {
            let label = bytes[start + labelBytes - 1]
            guard label < labelCount else {
                throw Problem(
                    "label \(label) of sample \(start / record) is not within 0 ... \(labelCount - 1)", at: location,
                    remedy: "check that it belongs to \(files.kind.rawValue)")
            }
            labels.append(Int32(label))
            appendInterleaved(bytes.extracting(start + labelBytes..<start + record), to: &pixels)
        }
    }
    return Split(name, encoding: encoding, bytes: pixels, labels: labels)
}

/// Turns planes of red, green and blue into pixels.
private func appendInterleaved(_ planes: Span<UInt8>, to pixels: inout Data) {
    let plane = side * side
    let image = [UInt8](unsafeUninitializedCapacity: 3 * plane) { target, count in
        for pixel in 0..<plane {
            for channel in 0..<3 { target[3 * pixel + channel] = planes[channel * plane + pixel] }
        }
        count = 3 * plane
    }
    pixels.append(contentsOf: image)
}

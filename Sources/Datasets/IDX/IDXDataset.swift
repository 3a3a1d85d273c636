import Diagnostics
import Foundation

/// The four files of MNIST and of the data sets made in its likeness.
struct IDXDirectory {
    let kind: DatasetKind
    let path: String

    init(_ specification: DatasetSpecification) {
        kind = specification.kind
        path = specification.path ?? kind.usualDirectory ?? "."
    }

    static func fileNames(_ split: SplitName) -> (images: String, labels: String) {
        let prefix = split == .train ? "train" : "t10k"
        return ("\(prefix)-images-idx3-ubyte", "\(prefix)-labels-idx1-ubyte")
    }

    /// Where a file lies: plain if it is there, else gzip; nil where it is missing.
    func locate(_ name: String) -> String? {
        ["\(path)/\(name)", "\(path)/\(name).gz"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The files that are not there, by their plain names.
    var missingFiles: [String] {
        SplitName.allCases.flatMap { [Self.fileNames($0).images, Self.fileNames($0).labels] }.filter { locate($0) == nil }
    }

    private func require(_ name: String) throws(Problem) -> String {
        if let file = locate(name) { return file }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw Problem("there is no such directory, and so no \(name)", at: path, remedy: kind.source)
        }
        throw Problem("\(name) is missing (plain or .gz)", at: path, remedy: kind.source)
    }

    /// Damage is told with where to fetch the file again, if that is known.
    private func readFile(_ path: String, rank: Int) throws(Problem) -> IDXFile {
        do {
            return try IDXFile(path, rank: rank)
        } catch {
            var problem = error
            if kind == .fashionMNIST, problem.remedy == ArchiveStream.damagedRemedy {
                problem.remedy = "\(ArchiveStream.damagedRemedy): \(kind.source)"
            }
            throw problem
        }
    }

    /// Reads one split and checks that its two files agree.
    func read(_ split: SplitName, labelCount: Int) throws(Problem) -> Split {
        let names = Self.fileNames(split)
        let (imagePath, labelPath) = (try require(names.images), try require(names.labels))
        let labelFile = try readFile(labelPath, rank: 1)
        let images = try readFile(imagePath, rank: 3)
        let (count, height, width) = (images.dimensions[0], images.dimensions[1], images.dimensions[2])
        guard count == labelFile.dimensions[0] else {
            throw Problem(
                "\(count) images, but \(labelFile.dimensions[0]) labels in \(labelPath)", at: imagePath,
                remedy: "take both files from one source")
        }
        guard count > 0 else { throw Problem("there are no images in the file", at: imagePath) }
        guard SampleEncoding.allows(height: height, width: width, channels: 1) else {
            throw Problem(
                "images of \(height)x\(width) pixels are beyond the limit of 1 ... \(SampleEncoding.largestSide) a side",
                at: imagePath)
        }
        if let index = labelFile.bytes.firstIndex(where: { Int($0) >= labelCount }) {
            throw Problem(
                "label \(labelFile.bytes[index]) of sample \(index) is not within 0 ... \(labelCount - 1)", at: labelPath,
                remedy: "check that it belongs to \(kind.rawValue)")
        }
        return Split(
            split, encoding: SampleEncoding(.uint8HWC, height: height, width: width, channels: 1), bytes: images.bytes,
            labels: labelFile.bytes.map(Int32.init))
    }
}

/// The size that IDX images are padded to unless the specification says otherwise.
private let usualSize = 32

func openIDXDataset(_ specification: DatasetSpecification, splits names: [SplitName]) throws(Problem) -> ImageDataset {
    let directory = IDXDirectory(specification)
    let labelNames = specification.kind.labelNames
    var splits: [Split] = []
    for name in names {
        splits.append(try directory.read(name, labelCount: labelNames.count))
    }
    guard let encoding = splits.first?.encoding else { preconditionFailure("no split was asked for") }
    if let other = splits.first(where: { $0.encoding != encoding }) {
        throw Problem(
            "the splits' images differ in size: \(encoding.height)x\(encoding.width) and "
                + "\(other.encoding.height)x\(other.encoding.width)", at: directory.path)
    }
    let preprocessing = try pixelPreprocessing(specification, encoding: encoding, usualSize: usualSize, enlarges: false)
    return try ImageDataset(
        specification, labelNames: labelNames, labelCountIsLowerBound: false, splits: splits, preprocessing: preprocessing)
}

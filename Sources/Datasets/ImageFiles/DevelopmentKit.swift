import Diagnostics
import Foundation

/// What ILSVRC 2012's development kit says: which label each validation image has, by number, and which wnid and words stand
/// behind a number (data/meta.mat).
struct DevelopmentKit {
    /// Where it lies, for messages.
    let location: String
    /// The number of each validation image, in order of the images' names.
    let groundTruth: [Int]
    /// The wnid of each number.
    let wnids: [Int: String]
    /// The words of each wnid.
    let words: [String: String]

    private static let folder = "ILSVRC2012_devkit_t12"
    private static let truthFile = "data/ILSVRC2012_validation_ground_truth.txt"
    private static let metaFile = "data/meta.mat"

    /// - Returns: nil where there is none.
    static func find(in path: String) throws(Problem) -> DevelopmentKit? {
        for place in ["\(path)/\(folder)", path] where FileManager.default.fileExists(atPath: "\(place)/\(truthFile)") {
            return try DevelopmentKit(
                place, truth: try FileTree.read("\(place)/\(truthFile)"), meta: try FileTree.read("\(place)/\(metaFile)"))
        }
        let packed = "\(path)/\(folder).tar.gz"
        guard FileManager.default.fileExists(atPath: packed) else { return nil }
        let stream = try ArchiveStream(packed)
        var bytes = Data()
        try stream.read(SampleEncoding.largestSample, into: &bytes)
        _ = try stream.finish()
        let tar = UnpackedBytes(path: packed, bytes: bytes)
        var reader = TarReader(tar, 0..<bytes.count)
        var found: [String: Data] = [:]
        while try reader.next() {
            for file in [truthFile, metaFile] where reader.pathText.hasSuffix(file) {
                found[file] = try tar.data(count: reader.byteCount, at: reader.offset)
            }
        }
        guard let truth = found[truthFile], let meta = found[metaFile] else {
            throw Problem("\(found[truthFile] == nil ? truthFile : metaFile) is not in it", at: packed, remedy: ArchiveStream.damagedRemedy)
        }
        return try DevelopmentKit(packed, truth: truth, meta: meta)
    }

    private init(_ location: String, truth: Data, meta: Data) throws(Problem) {
        self.location = location
        let table = try MATLABStructures(meta, name: "synsets", location: "\(location)/\(Self.metaFile)")
        let numbers = table.numbers("ILSVRC2012_ID")
        let names = table.texts("WNID")
        let texts = table.texts("words")
        guard !numbers.isEmpty, numbers.count == names.count else {
            throw Problem("it has \(numbers.count) numbers and \(names.count) wnids", at: "\(location)/\(Self.metaFile)")
        }
        wnids = Dictionary(zip(numbers, names)) { first, _ in first }
        words = texts.count == names.count ? Dictionary(zip(names, texts)) { first, _ in first } : [:]
        var truths: [Int] = []
        let lines = String(decoding: truth, as: UTF8.self).split(whereSeparator: \.isNewline)
        for (line, text) in lines.enumerated() {
            guard let number = Int(text.trimmingCharacters(in: .whitespaces)), wnids[number] != nil else {
                throw Problem("line \(line + 1) is no label that meta.mat knows: \"\(text.prefix(40))\"", at: "\(location)/\(Self.truthFile)")
            }
            truths.append(number)
        }
        groundTruth = truths
    }

    /// Labels the validation images below a folder, which stand in the order of their names.
    func label(_ tree: FileTree, below folder: String) throws(Problem) -> LabelledFiles {
        let images = tree.table.members(below: folder).filter { LabelledFiles.isImage(tree.table.pathBytes($0)) }
        guard images.count == groundTruth.count else {
            throw Problem(
                "the ground truth labels \(groundTruth.count) images, and \(images.count) are there", at: tree.path,
                remedy: images.count < groundTruth.count ? "some are absent: \(ArchiveStream.damagedRemedy)" : "check that both are ILSVRC 2012's")
        }
        var files = LabelledFiles(tree)
        for (place, member) in images.enumerated() {
            // Names end in the image's number, ILSVRC2012_val_00000001.JPEG.
            let stem = tree.table.path(member).split(separator: ".").dropLast().last ?? ""
            let digits = stem.reversed().prefix(while: \.isNumber).reversed()
            guard let number = Int(String(digits)), number == place + 1 else {
                throw Problem(
                    "image \(place + 1) of the ground truth is absent, or another stands in its place: \(tree.table.path(member))",
                    at: tree.path, remedy: ArchiveStream.damagedRemedy)
            }
            guard let wnid = wnids[groundTruth[place]] else { continue }
            files.add(member, label: wnid)
        }
        return files
    }
}

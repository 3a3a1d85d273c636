import Diagnostics
import Foundation

/// Opens ImageNet in a directory. Training images: train/WNID/*.JPEG, or ILSVRC2012_img_train.tar (a tar of one tar per
/// wnid). Validation images: val/WNID/*.JPEG; or ILSVRC2012_img_val.tar or val/*.JPEG with the development kit's ground truth
/// (ILSVRC2012_devkit_t12, unpacked or as .tar.gz). Labels are numbered in sorted order of their wnids, as torchvision does.
func openImageNet(_ specification: DatasetSpecification, splits wanted: [SplitName]) throws(Problem) -> ImageDataset {
    let path = specification.path ?? "."
    try requireDirectory(path, specification.kind)
    let place = ImageNetPlace(path)
    let kit = try DevelopmentKit.find(in: path)
    var splits: [SplitName: LabelledFiles] = [:]
    if let tree = try place.train() {
        let files = try LabelledFiles.byFolder(tree.tree, below: tree.folder)
        if !files.members.isEmpty { splits[.train] = files }
    }
    if let (tree, folder) = try place.validation() {
        if place.isFlat(tree, folder) {
            if let kit {
                splits[.test] = try kit.label(tree, below: folder)
            } else if wanted.contains(.test) {
                throw Problem(
                    "the development kit is missing, so that the validation images have no labels", at: path,
                    remedy: "put ILSVRC2012_devkit_t12.tar.gz or the folder that it unpacks to there")
            }
        } else {
            let files = try LabelledFiles.byFolder(tree, below: folder)
            if !files.members.isEmpty { splits[.test] = files }
        }
    }
    for name in wanted where splits[name] == nil {
        let looked = name == .train ? "train/WNID/ nor ILSVRC2012_img_train.tar" : "val/ nor ILSVRC2012_img_val.tar"
        throw Problem(
            "there are no \(name == .train ? "training" : "validation") images: neither \(looked) has any", at: path,
            remedy: specification.kind.source)
    }
    let names = Set(splits.values.flatMap(\.names))
    var words = kit?.words ?? [:]
    for list in ["words.txt", "LOC_synset_mapping.txt"] where words.isEmpty {
        let file = "\(path)/\(list)"
        guard FileManager.default.fileExists(atPath: file) else { continue }
        words = labelWords(String(decoding: try FileTree.read(file), as: UTF8.self), for: names)
    }
    return try imageFileDataset(
        specification, splits, wanted: wanted, words: words,
        preprocessing: filePreprocessing(specification, usualSize: photographSize, photographs: true))
}

/// Where ImageNet's images lie in a directory.
private struct ImageNetPlace {
    let path: String

    init(_ path: String) { self.path = path }

    func train() throws(Problem) -> (tree: FileTree, folder: String)? { try find("train", tar: "ILSVRC2012_img_train.tar") }
    func validation() throws(Problem) -> (tree: FileTree, folder: String)? { try find("val", tar: "ILSVRC2012_img_val.tar") }

    /// A folder with files, else a tar.
    private func find(_ folder: String, tar: String) throws(Problem) -> (tree: FileTree, folder: String)? {
        let tree = try FileTree(folder: path, subfolders: [folder])
        if tree.table.count > 0 { return (tree, folder) }
        guard FileManager.default.fileExists(atPath: "\(path)/\(tar)") else { return nil }
        return (try FileTree(tar: "\(path)/\(tar)"), "")
    }

    /// Whether the images lie side by side and not in class folders.
    func isFlat(_ tree: FileTree, _ folder: String) -> Bool {
        let start = folder.isEmpty ? 0 : folder.utf8.count + 1
        return tree.table.members(below: folder).contains {
            let path = tree.table.pathBytes($0)
            return LabelledFiles.isImage(path) && !path[start...].contains(UInt8(ascii: "/"))
        }
    }
}

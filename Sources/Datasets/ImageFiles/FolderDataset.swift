import Diagnostics
import Foundation

/// Opens `folder:DIR`: train/LABEL/*.jpg and val/LABEL/*.jpg.
func openFolderDataset(_ specification: DatasetSpecification, splits wanted: [SplitName]) throws(Problem) -> ImageDataset {
    let path = specification.path ?? "."
    try requireDirectory(path, specification.kind)
    let tree = try FileTree(folder: path, subfolders: ["train", "val"])
    let splits = try classFolders(tree, prefix: "", kind: specification.kind, wanted: wanted)
    return try imageFileDataset(
        specification, splits, wanted: wanted, words: [:],
        preprocessing: filePreprocessing(specification, usualSize: photographSize, photographs: true))
}

/// Both splits where they lie in class folders; those that are not there and not wanted are left out.
func classFolders(
    _ tree: FileTree, prefix: String, kind: DatasetKind, wanted: [SplitName]
) throws(Problem) -> [SplitName: LabelledFiles] {
    var splits: [SplitName: LabelledFiles] = [:]
    for (name, folder) in [(SplitName.train, "train"), (.test, "val")] {
        let files = try LabelledFiles.byFolder(tree, below: prefix + folder)
        if !files.members.isEmpty {
            splits[name] = files
        } else if wanted.contains(name) {
            throw Problem("there are no images in \(folder)/LABEL/", at: tree.path, remedy: kind.source)
        }
    }
    return splits
}

func requireDirectory(_ path: String, _ kind: DatasetKind) throws(Problem) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
        throw Problem("there is no such directory", at: path, remedy: kind.source)
    }
}

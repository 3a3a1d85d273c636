import Diagnostics
import Foundation

/// The size of Tiny ImageNet's pictures.
private let usualSize = 64

/// Opens Tiny ImageNet, a folder or a tar of it: train/WNID/images/*.JPEG, val/images/*.JPEG with val/val_annotations.txt
/// (or val in class folders), wnids.txt and words.txt. The pictures may lie one folder further down.
func openTinyImageNet(_ specification: DatasetSpecification, splits wanted: [SplitName]) throws(Problem) -> ImageDataset {
    let tree = try openTree(specification)
    let prefix = try prefix(of: tree)
    let wnids = try tree.text("\(prefix)wnids.txt").map { text in
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    var splits: [SplitName: LabelledFiles] = [:]
    let train = try LabelledFiles.byFolder(tree, below: "\(prefix)train")
    if !train.members.isEmpty { splits[.train] = train }
    let known = Set(wnids ?? train.names)
    if let annotations = try tree.text("\(prefix)val/val_annotations.txt") {
        splits[.test] = try annotated(tree, prefix: prefix, annotations, known: known)
    } else {
        let test = try LabelledFiles.byFolder(tree, below: "\(prefix)val")
        guard test.names != ["images"] else {
            throw Problem("val/val_annotations.txt is missing, so that the images in val/images have no labels", at: tree.path)
        }
        if !test.members.isEmpty { splits[.test] = test }
    }
    for name in wanted where splits[name] == nil {
        throw Problem("there are no images in \(prefix)\(name == .train ? "train" : "val")", at: tree.path, remedy: specification.kind.source)
    }
    let names = Set(splits.values.flatMap(\.names)).union(known)
    return try imageFileDataset(
        specification, splits, wanted: wanted, words: labelWords(try tree.text("\(prefix)words.txt"), for: names),
        extraLabels: Array(known), preprocessing: filePreprocessing(specification, usualSize: usualSize, photographs: false))
}

private func openTree(_ specification: DatasetSpecification) throws(Problem) -> FileTree {
    let path = specification.path ?? "."
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
        throw Problem("there is no such file or directory", at: path, remedy: specification.kind.source)
    }
    return isDirectory.boolValue ? try FileTree(folder: path, subfolders: [""]) : try FileTree(tar: path)
}

/// "" where the data set begins at the top, else the one folder that it lies in, with a slash.
private func prefix(of tree: FileTree) throws(Problem) -> String {
    func begins(at prefix: String) -> Bool {
        !tree.table.members(below: "\(prefix)train").isEmpty || !tree.table.members(below: "\(prefix)val").isEmpty
    }
    if begins(at: "") { return "" }
    if tree.table.count > 0 {
        // Folders beside it, "__MACOSX" say, may sort before or after.
        var member = 0
        while member < tree.table.count {
            guard let slash = tree.table.path(member).firstIndex(of: "/") else {
                member += 1
                continue
            }
            let folder = String(tree.table.path(member)[..<slash])
            if begins(at: "\(folder)/") { return "\(folder)/" }
            member = max(member + 1, tree.table.members(below: folder).upperBound)
        }
    }
    throw Problem("it holds neither train nor val", at: tree.path, remedy: DatasetKind.tinyImageNet.source)
}

/// The images of val/images by the lines of val_annotations.txt: file name, wnid, and a box that is not used.
private func annotated(
    _ tree: FileTree, prefix: String, _ annotations: String, known: Set<String>
) throws(Problem) -> LabelledFiles {
    let location = "\(tree.path), \(prefix)val/val_annotations.txt"
    var labels: [String: String] = [:]
    for (number, line) in annotations.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() where !line.isEmpty {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 2 else { throw Problem("line \(number + 1) is not FILE<TAB>WNID: \"\(line.prefix(60))\"", at: location) }
        let (file, wnid) = (String(fields[0]), String(fields[1]))
        guard known.isEmpty || known.contains(wnid) else {
            throw Problem("line \(number + 1) gives \(file) the label \(wnid), which wnids.txt or train does not have", at: location)
        }
        guard tree.table.member("\(prefix)val/images/\(file)") != nil else {
            throw Problem("line \(number + 1) names \(file), which is not in val/images", at: location, remedy: ArchiveStream.damagedRemedy)
        }
        labels[file] = wnid
    }
    var files = LabelledFiles(tree)
    let folder = "\(prefix)val/images"
    for member in tree.table.members(below: folder) where LabelledFiles.isImage(tree.table.pathBytes(member)) {
        let name = String(tree.table.path(member).dropFirst(folder.count + 1))
        guard let label = labels[name] else { throw Problem("\(name) of val/images has no line", at: location) }
        files.add(member, label: label)
    }
    return files
}

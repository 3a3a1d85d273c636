import Diagnostics
import Foundation

/// The image files of one split, in sorted order of their paths, each with the name of its label.
struct LabelledFiles {
    let tree: FileTree
    private(set) var members: [UInt32] = []
    /// A place in `names` for each member.
    private(set) var labels: [Int32] = []
    /// Names of labels, in the order in which they came up.
    private(set) var names: [String] = []
    private var numbers: [String: Int32] = [:]

    init(_ tree: FileTree) { self.tree = tree }

    mutating func add(_ member: Int, label: String) {
        let number = numbers[label] ?? Int32(names.count)
        if number == names.count {
            names.append(label)
            numbers[label] = number
        }
        members.append(UInt32(member))
        labels.append(number)
    }

    /// The split, its labels numbered by their places in `allNames`.
    func split(_ name: SplitName, allNames: [String]) -> Split {
        let places = Dictionary(uniqueKeysWithValues: allNames.enumerated().map { ($1, Int32($0)) })
        // Every name of the split is among all names, for those are the union of the splits' own.
        let renumbering = names.map { places[$0] ?? 0 }
        return Split(name, encoding: .jpeg, source: JPEGSamples(tree, members), labels: labels.map { renumbering[Int($0)] })
    }

    /// Image files below a folder, labelled by the folder that each lies in: LABEL/…/FILE.jpg.
    static func byFolder(_ tree: FileTree, below folder: String) throws(Problem) -> LabelledFiles {
        var files = LabelledFiles(tree)
        let range = tree.table.members(below: folder)
        let start = folder.isEmpty ? 0 : folder.utf8.count + 1
        var label: [UInt8] = []
        var name = ""
        var other: Int?
        for member in range {
            let path = tree.table.pathBytes(member)
            guard let end = path[start...].firstIndex(of: UInt8(ascii: "/")), isImage(path) else {
                other = other ?? member
                continue
            }
            // Files of one label stand together, so that its name is made once.
            if !path[start..<end].elementsEqual(label) {
                label = Array(path[start..<end])
                name = String(decoding: label, as: UTF8.self)
            }
            files.add(member, label: name)
        }
        if files.members.isEmpty, let other {
            throw Problem(
                "no JPEG files lie in folders below \(folder.isEmpty ? "it" : folder), only others such as \(tree.table.path(other))",
                at: tree.path, remedy: "a label's files lie in the folder of its name, as LABEL/FILE.jpg")
        }
        return files
    }

    /// Whether a path ends as JPEG files do. Files that begin with "._" are macOS's remarks about others.
    static func isImage(_ path: UnsafeRawBufferPointer) -> Bool {
        guard let dot = path.lastIndex(of: UInt8(ascii: ".")), path.count - dot <= 5 else { return false }
        let name = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        if path[name...].starts(with: [UInt8(ascii: "."), UInt8(ascii: "_")]) { return false }
        return [".jpg", ".jpeg", ".jpe"].contains { path[dot...].elementsEqual($0.utf8, by: { $0 | 0x20 == $1 | 0x20 }) }
    }
}

/// Sorts names as bytes, as their folders sort.
func sortedNames(_ names: some Sequence<String>) -> [String] {
    Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

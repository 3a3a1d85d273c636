import Diagnostics
import Foundation

/// Samples that are JPEG files of a tree, read one by one.
struct JPEGSamples: SampleSource {
    private let tree: FileTree
    /// The members of the tree, in the samples' order.
    private let members: [UInt32]

    init(_ tree: FileTree, _ members: [UInt32]) {
        self.tree = tree
        self.members = members
    }

    var count: Int { members.count }
    var byteCount: Int { members.reduce(0) { $0 + tree.table.byteCount(Int($1)) } }

    func sample(_ index: Int) throws(Problem) -> Data { try tree.contents(Int(members[index])) }
    func byteCount(of index: Int) -> Int { tree.table.byteCount(Int(members[index])) }
    func name(of index: Int) -> String? { tree.location(Int(members[index])) }

    func fileName(of index: Int) -> [UInt8]? {
        let path = tree.table.pathBytes(Int(members[index]))
        return Array(path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...])
    }

    func selecting(_ rows: [Int]) -> any SampleSource { JPEGSamples(tree, rows.map { members[$0] }) }
}

import Diagnostics
import Foundation
import Transport

/// A file of keys as it is to stand on another machine.
package struct KeyText: Sendable, Equatable {
    package var name: String
    package var text: String
    /// As chmod takes it.
    package var mode: String

    package init(name: String, text: String, mode: String) {
        self.name = name
        self.text = text
        self.mode = mode
    }
}

/// The keys that go to workers' machines.
struct WorkerKeys: Sendable {
    private let path: String
    private let shared: [KeyText]

    /// - Throws: where `path` lacks the coordinator's public key or the workers' key, or holds damaged ones.
    init(_ path: String) throws(Problem) {
        self.path = path
        shared = try Self.read(path)
    }

    /// A machine's own key, where `filterscope keygen DIR --add worker NAME` has made one; else the one for all.
    func files(for name: String) throws(Problem) -> [KeyText] {
        access("\(path)/\(name)/worker.key", F_OK) == 0 ? try Self.read("\(path)/\(name)") : shared
    }

    private static func read(_ path: String) throws(Problem) -> [KeyText] {
        _ = try KeyDirectory(path).client([.worker])
        var files: [KeyText] = []
        for (name, mode) in [("coordinator.pub", "644"), ("worker.key", "600")] {
            guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
                throw Problem("cannot be read", at: "\(path)/\(name)")
            }
            files.append(KeyText(name: name, text: String(decoding: data, as: UTF8.self), mode: mode))
        }
        return files
    }
}

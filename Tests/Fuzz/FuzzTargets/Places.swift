import Foundation

/// Where files of the repository lie, from where this file lay when it was compiled.
enum Places {
    static func repository(_ path: String) -> String {
        let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        return root.appendingPathComponent(path).path
    }

    static func fixture(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: repository("Tests/\(path)")))
    }
}

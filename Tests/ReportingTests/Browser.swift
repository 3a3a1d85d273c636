import Foundation
import TestSupport

/// A real Chromium without a window.
enum Browser {
    static let executable = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { ["\($0)/chromium", "\($0)/chromium-browser", "\($0)/google-chrome"] }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static var isThere: Bool { executable != nil }

    /// The document after its scripts have run, as markup.
    /// - Parameter fragment: what follows `#` in the address.
    static func document(_ path: String, fragment: String = "", width: Int = 1200) throws -> String {
        guard let executable else { throw CocoaError(.fileNoSuchFile) }
        let profile = try TemporaryDirectory("filterscope-browser")
        let outcome = try runProcess(
            executable,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(profile.path)", "--virtual-time-budget=8000",
                "--window-size=\(width),900", "--dump-dom", "file://\(path)" + (fragment.isEmpty ? "" : "#" + fragment),
            ], timeout: 180)
        return outcome.stdoutText
    }
}

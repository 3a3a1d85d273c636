import Diagnostics
import Foundation

/// Runs the `gnuplot` program. Script, picture and complaints go through files, not pipes: neither side can wait for the
/// other with a full pipe, and none dies of a closed one.
struct Gnuplot: Sendable {
    let executable: String
    /// How long one chart may take.
    static let timeoutSeconds = 60.0

    /// Finds the program on PATH.
    init(environment: [String: String]) throws(Problem) {
        let path = environment["PATH"] ?? ""
        let found = path.split(separator: ":").map { $0 + "/gnuplot" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else {
            throw Problem(
                "gnuplot draws the report's figures and is not installed", at: "PATH",
                remedy: "install the Debian package gnuplot-nox: sudo apt-get install gnuplot-nox")
        }
        executable = found
    }

    /// The chart as an SVG element that stands in an HTML page beside others.
    /// - Parameter prefix: makes the picture's ids its own; letters, digits and hyphens.
    func svg(_ figure: some Drawable, prefix: String) throws(Problem) -> String {
        try InlineSVG.element(from: String(decoding: picture(figure, .svg), as: UTF8.self), title: figure.title, prefix: prefix)
    }

    /// The picture as a file of that format.
    func picture(_ figure: some Drawable, _ format: PictureFormat) throws(Problem) -> Data {
        try run(figure.script(format), end: Data(format.end.utf8))
    }

    /// - Parameter end: what stands near the end of a picture that is whole.
    private func run(_ script: String, end: Data) throws(Problem) -> Data {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("filterscope-gnuplot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let files = ["script", "picture", "complaints"].map { directory.appendingPathComponent($0) }
            try Data(script.utf8).write(to: files[0])
            for file in files.dropFirst() { try Data().write(to: file) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: executable)
            process.standardInput = try FileHandle(forReadingFrom: files[0])
            process.standardOutput = try FileHandle(forWritingTo: files[1])
            process.standardError = try FileHandle(forWritingTo: files[2])
            let ended = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
            guard ended.wait(timeout: .now() + Self.timeoutSeconds) == .success else {
                process.terminate()
                throw Problem("gnuplot has not answered for \(Int(Self.timeoutSeconds)) s", at: executable)
            }
            let picture = try Data(contentsOf: files[1])
            guard process.terminationStatus == 0, picture.suffix(64).range(of: end) != nil else {
                let complaints = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
                let lines = complaints.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                throw Problem(
                    "gnuplot failed with status \(process.terminationStatus): \(lines.suffix(2).joined(separator: " "))", at: executable)
            }
            return picture
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem("gnuplot cannot be run: \(error.localizedDescription)", at: executable)
        }
    }
}

extension PictureFormat {
    /// Stands near the end of a whole file.
    fileprivate var end: String {
        switch self {
        case .svg: "</svg>"
        case .png: "IEND"
        case .pdf: "%%EOF"
        }
    }
}

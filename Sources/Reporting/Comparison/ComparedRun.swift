import Diagnostics
import Foundation
import Mechanism
import RunStore

/// A finished run as a comparison sees it.
public struct ComparedRun: Sendable {
    /// `A`, `B`, …
    public let letter: String
    /// Its directory, as it was named.
    public let path: String
    let input: ReportInput
    /// Of each kernel that computed for it.
    let kernels: [String]
    /// Of the program that wrote it; nil in runs of earlier versions.
    let version: String?
    /// Test images of each label.
    let testImages: [Int]

    var summary: RunSummary { input.summary }
    var color: String { Palette.series[place % Palette.series.count] }
    private let place: Int

    /// The most that one page shows: more lines have no colours of their own.
    public static let most = Palette.series.count

    init(place: Int, path: String, input: ReportInput, kernels: [String], version: String?, testImages: [Int]) {
        self.place = place
        letter = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(place)))
        self.path = path
        self.input = input
        self.kernels = kernels
        self.version = version
        self.testImages = testImages
    }

    /// - Parameter place: among the runs compared, from 0.
    public init(place: Int, from directory: RunDirectory) throws(Problem) {
        let reader = try JournalReader(path: directory.journalPath)
        guard try !reader.isSweep() else {
            throw Problem(
                "is a sweep, and only single runs are compared", at: directory.path, remedy: "name its networks: \(directory.path)/points/…")
        }
        var kernels: [String] = []
        for worker in try reader.workers() where !kernels.contains(worker.fingerprint) { kernels.append(worker.fingerprint) }
        self.init(
            place: place, path: directory.path, input: try ReportInput.loadFigures(from: directory), kernels: kernels,
            version: try reader.value(for: "version"), testImages: try reader.labelMeans().filter { $0.layer == 0 }.map(\.count))
    }

    /// `A fashion-demo`.
    var title: String { "\(letter) \(summary.recipe)" }
}

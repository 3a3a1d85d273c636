import Diagnostics
import Foundation
import RunStore
import Tensors

/// A finished run's or sweep's tables and figures as files, for other programs and for papers.
public struct ResultExport: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        case csv, json, svg, png, pdf
    }

    public let formats: [Format]

    public init(formats: [Format]) { self.formats = formats }

    /// Writes `tables/NAME.csv` and `.json` and `figures/NAME.svg`, `.png` and `.pdf`, each figure with its numbers beside it as
    /// `figures/NAME.csv`.
    /// - Returns: how many tables and figures were written.
    /// - Throws: where the run is not finished, gnuplot is missing, or a file cannot be written.
    public func write(
        _ directory: RunDirectory, to path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Problem) -> (tables: Int, figures: Int) {
        let pictures = formats.compactMap { PictureFormat(rawValue: $0.rawValue) }
        // What the figures need is read first: an unfinished run leaves no half of an export.
        let (drawings, labelNames) = try contents(of: directory)
        let tables = try ResultTables.all(of: directory, labelNames: labelNames)
        var counts = (tables: 0, figures: 0)
        if formats.contains(.csv) || formats.contains(.json) {
            try make(path + "/tables")
            for table in tables {
                if formats.contains(.csv) { try DurableFile.write(Data(table.csv.utf8), to: "\(path)/tables/\(table.name).csv") }
                if formats.contains(.json) { try DurableFile.write(try table.json(), to: "\(path)/tables/\(table.name).json") }
            }
            counts.tables = tables.count
        }
        if !pictures.isEmpty {
            try make(path + "/figures")
            let gnuplot = try Gnuplot(environment: environment)
            for drawing in drawings {
                for format in pictures {
                    try DurableFile.write(try gnuplot.picture(drawing.content, format), to: "\(path)/figures/\(drawing.id).\(format.rawValue)")
                }
                try DurableFile.write(Data(drawing.content.data.utf8), to: "\(path)/figures/\(drawing.id).csv")
            }
            counts.figures = drawings.count
        }
        return counts
    }

    private func contents(of directory: RunDirectory) throws(Problem) -> ([Drawing], [String]) {
        if SweepDocument.exists(in: directory) { return (SweepCharts(document: try .load(from: directory)).all, []) }
        let input = try ReportInput.loadFigures(from: directory)
        return (ReportCharts(input: input).all, input.summary.labelNames)
    }

    private func make(_ path: String) throws(Problem) {
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: path, remedy: "name a directory that can be written")
        }
    }
}

import Diagnostics
import RunStore

/// A run's `report.html` and the pages of its filters beside it.
public enum RunReport {
    /// Makes all of it anew from a finished run's directory.
    /// - Parameter filtersPerLayer: filters to draw large of the first, the middle and the last layer.
    public static func write(in directory: RunDirectory, filtersPerLayer: Int) throws(Problem) {
        let pages = try FilterPages.write(try RunSummary.load(path: directory.result("summary.json")), in: directory)
        var input = try ReportInput.load(from: directory, filtersPerLayer: filtersPerLayer, measured: pages.results)
        input.filterPages = pages.addresses
        try ReportDocument.write(input, to: directory.reportPath)
    }
}

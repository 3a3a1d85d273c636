import Diagnostics
import Foundation
import Tensors

/// Puts a command's result where the user wants it: as text on standard output, as JSON in a file, or with `-` as JSON on
/// standard output instead of the text.
func writeResult(_ result: some Encodable, text: String, json path: String?) throws(Problem) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do { data = try encoder.encode(result) + Data("\n".utf8) } catch { throw Problem("the result cannot be written as JSON: \(error)") }
    if let path, path != "-" { try DurableFile.write(data, to: path) }
    try? FileHandle.standardOutput.write(contentsOf: path == "-" ? data : Data(text.utf8))
}

import Diagnostics
import Testing

/// Runs `body`, which must throw a `Problem` whose one-line form contains every part of `parts`.
func expectProblem(
    _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let problem = #expect(throws: Problem.self, sourceLocation: sourceLocation) { try body() }
    for part in parts {
        let text = problem?.description ?? ""
        #expect(text.contains(part), "\"\(text)\" does not say \"\(part)\"", sourceLocation: sourceLocation)
    }
}

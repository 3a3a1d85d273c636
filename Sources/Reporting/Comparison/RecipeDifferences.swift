/// The fields in which the recipes of runs differ.
struct RecipeDifferences {
    /// By the field's name; a value for each run, nil where its recipe does not have the field.
    let rows: [(name: String, values: [String?])]
    /// Fields that differ and change no result.
    let idle: [String]
    /// How many fields agree.
    let agreeing: Int

    /// Names and words that say nothing of what was done.
    private static let words: Set = ["name", "description"]

    init(_ runs: [ComparedRun]) {
        let tables = runs.map { Dictionary($0.input.recipe.map { ($0.name, $0.value) }) { first, _ in first } }
        let names = Set(tables.flatMap(\.keys)).subtracting(Self.words).sorted()
        let all = names.map { name in (name: name, values: tables.map { $0[name] }) }
        let differing = all.filter { row in row.values.contains { $0 != row.values[0] } }
        func isIdle(_ name: String) -> Bool { ["cluster.", "checkpoints.", "report."].contains { name.hasPrefix($0) } }
        rows = differing.filter { !isIdle($0.name) }
        idle = differing.map(\.name).filter(isIdle)
        agreeing = all.count - differing.count
    }
}

import Mechanism
import Reporting
import RunStore
import Runtime

/// `filterscope verify`: the claims with their verdicts; exit code 3 where one is not upheld.
enum VerifyCommand {
    static let description = CommandDescription(
        name: "verify", summary: "print each claim with its figures and verdict; exit code 3 where one is not upheld",
        options: [SharedOptions.run, CommandFlag("json", "the claims as JSON")],
        example: "filterscope verify --run runs/fashion-demo-20260101-120000",
        notes: ["Without --run: the latest run under runs/."]
    ) { arguments in
        let directory = try RunDirectory.open(path: arguments.value(SharedOptions.run))
        let claims = try finishedSweep(in: directory)?.claims ?? RunSummary.load(path: directory.result("summary.json")).claims
        StandardOutput.write(
            arguments.has(SharedOptions.json)
                ? try jsonText(claims) : ClaimTable.text(claims, colored: StandardOutput.style.colored))
        return claims.contains { $0.verdict == .notUpheld } ? .claimNotUpheld : .done
    }
}

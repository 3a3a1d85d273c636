import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// What is made of finished runs: exports, comparisons, and the example in Python.
    @Suite struct ReadingTests {
        private let run: FinishedRun
        private let directory: TemporaryDirectory

        init() throws {
            run = try FinishedRun.get()
            directory = try TemporaryDirectory("reading")
        }

        private func succeed(_ program: String, _ arguments: [String]) throws -> String {
            let outcome = try runProcess("/usr/bin/env", [program] + arguments, timeout: 180)
            #expect(outcome.status == 0, "\(program) \(arguments): \(outcome.stderr)")
            return outcome.stdoutText
        }

        private func export(_ path: String, _ more: String...) throws -> (output: String, out: String) {
            let out = directory.file("out")
            let outcome = try runFilterscope(["export", "--run", path, "--out", out] + more, timeout: 180)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            return (outcome.stdoutText, out)
        }

        private func names(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

        // MARK: Export

        @Test func everyTableIsExportedTwiceAlike() throws {
            let (output, out) = try export(run.path, "--formats", "csv,json")
            let files = try names(out + "/tables")
            let tables = ["claims", "clusters", "filters", "labels", "layers", "metrics", "phases", "pruned_layers", "prunings", "thresholds", "workers"]
            #expect(files == tables.flatMap { ["\($0).csv", "\($0).json"] })
            #expect(output == "\(out): \(tables.count) tables, 0 figures\n")
            // Python's own readers: the same keys, as many rows, and the same numbers in both.
            let check = """
                import csv, glob, json, sys
                for path in sorted(glob.glob(sys.argv[1] + "/tables/*.json")):
                    rows = json.load(open(path))
                    lines = list(csv.DictReader(open(path[:-5] + ".csv", newline="")))
                    assert rows and len(rows) == len(lines), path
                    for row, line in zip(rows, lines):
                        assert list(row) == list(line), path
                        for key, value in row.items():
                            text = line[key]
                            assert text == "" if value is None else float(text) == value if isinstance(value, (int, float)) else text == value, (path, key)
                print(len(json.load(open(sys.argv[1] + "/tables/filters.json"))))
                """
            let filters = try succeed("/usr/bin/python3", ["-c", check, out]).trimmingCharacters(in: .newlines)
            let count = try JournalReader(path: run.path + "/run.sqlite").database.rows("SELECT count(*) FROM filters") { row throws(Problem) in try row.integer(0) }
            #expect(filters == "\(count[0])")
        }

        @Test func everyFigureIsDrawnInEveryFormat() throws {
            let (_, out) = try export(run.path, "--formats", "svg,png,pdf")
            let files = try names(out + "/figures")
            let figures = Set(files.map { String($0.prefix { $0 != "." }) })
            let expected: Set = [
                "layer-accuracy", "layer-noise", "layer-snr", "sizes", "threshold-noise", "pruning-retrained", "pruning-masked", "course-1", "course-2",
            ]
            #expect(expected.isSubset(of: figures), "\(figures)")
            #expect(files.count == 4 * figures.count)
            #expect(!FileManager.default.fileExists(atPath: out + "/tables"))
            for figure in figures {
                let path = "\(out)/figures/\(figure)"
                let svg = try succeed("/usr/bin/python3", ["-c", "import sys, xml.dom.minidom as m; print(m.parse(sys.argv[1]).documentElement.tagName)", path + ".svg"])
                #expect(svg == "svg\n")
                let png = try Data(contentsOf: URL(fileURLWithPath: path + ".png"))
                #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.count > 3000, "\(figure)")
                // Name, type, encoding, embedded …; one line for each font.
                let fonts = try succeed("pdffonts", [path + ".pdf"]).split(separator: "\n").dropFirst(2)
                #expect(!fonts.isEmpty && fonts.allSatisfy { $0.contains("yes") && $0.contains("+") }, "\(figure): \(fonts)")
                let data = try String(contentsOfFile: path + ".csv", encoding: .utf8).split(separator: "\n")
                #expect(data.count > 1 && data[0].contains(","), "\(figure)")
            }
            // The numbers beside a figure are the run's.
            let layers = try #require(try run.result("summary.json")["layers"] as? [[String: Any]])
            let accuracy = try String(contentsOfFile: out + "/figures/layer-accuracy.csv", encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(accuracy.compactMap { $0.split(separator: ",").last.flatMap { Double($0) } } == layers.compactMap { ($0["accuracy"] as? Double).map { 100 * $0 } })
            let text = try succeed("pdftotext", [out + "/figures/layer-accuracy.pdf", "-"])
            #expect(text.contains("accuracy of the head (%)"), "text in the PDF is text")
        }

        @Test func aSweepIsExported() throws {
            let (_, out) = try export(run.sweepPath)
            #expect(try names(out + "/tables") == ["claims.csv", "claims.json", "points.csv", "points.json"])
            #expect(try names(out + "/figures").filter { $0.hasSuffix(".pdf") }.contains("sweep-error.pdf"))
            let points = try String(contentsOfFile: out + "/tables/points.csv", encoding: .utf8).split(separator: "\n")
            #expect(points.count == 6 && points[0].hasPrefix("labels,seed,directory,test_accuracy,"))
        }

        @Test(arguments: [
            (["--run", "RUN"], Int32(2), "--out DIR is missing"),
            (["--run", "RUN", "--out", "x", "--formats", "parquet"], 2, "some of csv, json, svg, png, pdf"),
            (["--run", "RUN", "--out", "x", "--to", "timm"], 2, "writes results, not weights"),
            (["--out", "x"], 2, "--out needs --run"),
            (["only-one"], 2, "OUT is missing"),
            (["--run", "nowhere", "--out", "x"], 1, "no run there"),
        ])
        func wrongExportsAreRefused(_ arguments: [String], _ status: Int32, _ words: String) throws {
            let outcome = try runFilterscope(["export"] + arguments.map { $0 == "RUN" ? run.path : $0 }, directory: directory.path)
            #expect(outcome.status == status && outcome.stderr.contains(words), "\(outcome.stderr)")
            #expect(try names(directory.path).isEmpty)
        }

        // MARK: Comparison

        @Test func runsOfASweepAreCompared() throws {
            let points = ["005-seed-1", "003-seed-1", "003-seed-2"].map { "\(run.sweepPath)/points/labels-\($0)" }
            let page = directory.file("page.html")
            let outcome = try runFilterscope(["report"] + points + ["--page", page], timeout: 120)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            #expect(outcome.stdoutText.contains("NOT comparable") && outcome.stdoutText.contains("numbers of labels differ (A: 5; B, C: 3)"), "\(outcome.stdoutText)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Three runs side by side"))
            let twice = try runFilterscope(["report", run.path, run.path, "--json"])
            let document = try #require(try JSONSerialization.jsonObject(with: twice.stdout) as? [String: Any])
            #expect(document["comparable"] as? Bool == true && (document["recipe"] as? [String: Any])?.isEmpty == true)
            let first = try #require((document["runs"] as? [[String: Any]])?.first)
            #expect((first["version"] as? String)?.isEmpty == false && (first["kernels"] as? [String])?.count == 1)
            let sweep = try runFilterscope(["report", run.path, run.sweepPath])
            #expect(sweep.status == 1 && sweep.stderr.contains("only single runs are compared"), "\(sweep.stderr)")
            let many = try runFilterscope(["report"] + Array(repeating: run.path, count: 7))
            #expect(many.status == 2 && many.stderr.contains("too many for one page"))
            let both = try runFilterscope(["report", run.path, "--run", run.path])
            #expect(both.status == 2)
        }

        // MARK: Python

        @Test func theExampleMeasuresEveryFilterAnew() throws {
            let script = Trial.repository("Scripts/examples/read_run.py")
            let names = try #require(try run.result("summary.json")["label_names"] as? [String])
            let output = try succeed("/usr/bin/python3", [script, run.path, "--label", names[7]])
            let filters = try JournalReader(path: run.path + "/run.sqlite").database.rows("SELECT count(*) FROM filters") { row throws(Problem) in try row.integer(0) }[0]
            let result = try #require(output.firstMatch(of: /phase 3 once more: (\d+) filters as .+ says, 0 not, (\d+) too near/))
            #expect(try #require(Int(result.1)) + #require(Int(result.2)) == filters)
            #expect(try #require(Int(result.2)) < 10)
            let known = try JournalReader(path: run.path + "/run.sqlite").database.rows(
                "SELECT count(*) FROM clusters WHERE label = 7") { row throws(Problem) in try row.integer(0) }[0]
            #expect(output.contains("\(known) filters know \"\(names[7])\""))
            #expect(output.contains("conv8"))

            // It notices what is wrong: one tensor of another run's making.
            let copy = directory.file("copy")
            try FileManager.default.copyItem(atPath: run.path, toPath: copy)
            let path = copy + "/results/analysis.json"
            let analysis = try String(contentsOfFile: path, encoding: .utf8)
            try Data(analysis.replacing("\"noise\" : 1", with: "\"noise\" : 9").utf8).write(to: URL(fileURLWithPath: path))
            let wrong = try runProcess("/usr/bin/python3", [script, copy])
            #expect(wrong.status == 1 && wrong.stderr.contains("these differ: conv"), "\(wrong.stderr)")
            let unknown = try runProcess("/usr/bin/python3", [script, run.path, "--label", "zebra"])
            #expect(unknown.status == 1 && unknown.stderr.contains("no label \"zebra\""))
        }
    }
}

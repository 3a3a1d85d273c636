import Diagnostics
import Testing

struct ProblemTests {
    @Test func tellsWhereWhatAndWhatToDo() {
        let problem = Problem("unknown field \"lable\"", at: "recipe.json", remedy: "did you mean \"label\"?")
        #expect(problem.description == "recipe.json: unknown field \"lable\"; did you mean \"label\"?")
    }

    @Test func leavesOutWhatIsMissing() {
        #expect(Problem("no workers").description == "no workers")
        #expect(Problem("no workers", at: "tcp://*:5555").description == "tcp://*:5555: no workers")
        #expect(Problem("no workers", remedy: "start one").description == "no workers; start one")
    }
}

struct NearestNameTests {
    static let known = ["accuracy", "threshold", "workers", "threads", "conv1", "conv2"]

    @Test(arguments: [
        ("treshold", "threshold"), ("THREADS", "threads"), ("wrokers", "workers"), ("acuracy", "accuracy"), ("conv", "conv1"),
    ])
    func findsWhatWasMeant(typed: String, meant: String) {
        #expect(nearestName(to: typed, among: Self.known) == meant)
    }

    @Test func isSilentWhereNothingIsNear() {
        #expect(nearestName(to: "xylophone", among: Self.known) == nil)
        #expect(nearestName(to: "", among: Self.known) == nil)
        #expect(nearestName(to: "anything", among: []) == nil)
    }

    @Test func aSwapOfNeighboursCountsOnce() {
        // Two plain edits would exceed a third of three letters; one swap does not.
        #expect(nearestName(to: "acb", among: ["abc"]) == "abc")
        #expect(nearestName(to: "cba", among: ["abc"]) == nil)
    }

    @Test func theFirstOfEquallyNearNamesWins() {
        #expect(nearestName(to: "conv3", among: Self.known) == "conv1")
        #expect(nearestName(to: "conv3", among: Self.known.reversed()) == "conv2")
    }

    @Test func suggestsOrLists() {
        #expect(suggestion(for: "wokers", among: Self.known) == "did you mean \"workers\"?")
        #expect(suggestion(for: "xylophone", among: ["a", "b"]) == "known: a, b")
    }
}

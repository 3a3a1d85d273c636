/// Whether runs can be compared, and what has to be kept in mind where they can.
struct Comparability: Equatable {
    /// Why they cannot: figures beside each other would mislead.
    var obstacles: [String] = []
    /// What differs although it need not: where figures have to be read with care.
    var cautions: [String] = []

    var isComparable: Bool { obstacles.isEmpty }

    init(_ runs: [ComparedRun]) {
        func differ<Value: Equatable>(_ value: (ComparedRun) -> Value) -> Bool { runs.contains { value($0) != value(runs[0]) } }
        func list(_ value: (ComparedRun) -> String) -> String {
            // Runs that agree stand together: `A and B: 10; C: 5`.
            var groups: [(value: String, letters: [String])] = []
            for run in runs {
                let own = value(run)
                if let known = groups.firstIndex(where: { $0.value == own }) { groups[known].letters.append(run.letter) } else { groups.append((own, [run.letter])) }
            }
            return groups.map { "\($0.letters.joined(separator: ", ")): \($0.value)" }.joined(separator: "; ")
        }

        let data = runs.map { Self.dataset($0.summary.dataset) }
        let otherData = data.contains { $0.name != data[0].name }
        if otherData { obstacles.append("The data sets differ (\(list { Self.dataset($0.summary.dataset).name })): their images are not equally hard to tell apart.") }
        if differ({ $0.summary.labels }) {
            obstacles.append("The numbers of labels differ (\(list { "\($0.summary.labels)" })): accuracy, clusters and noise all depend on it.")
        } else if differ({ $0.summary.labelNames }) || differ({ $0.summary.labelDraw?.drawn }) {
            obstacles.append("The labels are others (\(list { Self.names($0) })).")
        } else if differ({ $0.testImages }) {
            obstacles.append("The test images are others (\(list { "\($0.testImages.reduce(0, +)) images" })): their options draw another part of the split.")
        }
        if !otherData, data.contains(where: { $0.seen != data[0].seen }) {
            cautions.append("The images were brought to the networks otherwise (\(list { Self.dataset($0.summary.dataset).seen.isEmpty ? "as usual" : Self.dataset($0.summary.dataset).seen })).")
        }
        if differ({ $0.summary.threshold }) {
            cautions.append("Clusters, noise and signal-to-noise ratio were measured at other thresholds (\(list { NumberText.plain($0.summary.threshold) })).")
        }
        if differ({ $0.summary.layers.map(\.layer) }) {
            cautions.append("The networks have other layers (\(list { "\($0.summary.layers.count) layers" })): the charts place them by their share of the way.")
        }
        if !otherData, differ({ $0.input.setting.trainImages }) {
            cautions.append("They trained on other numbers of images (\(list { $0.input.setting.trainImages.map(NumberText.grouped) ?? "not known" })).")
        }
        if differ({ run in run.input.recipe.filter { $0.name.hasPrefix("heads.") } }) {
            cautions.append("Their heads were trained otherwise (see the recipe's fields): a layer's accuracy and its filters' fields depend on its head, too.")
        }
        if differ({ $0.kernels }) {
            cautions.append("Their kernels differ, and with them the last bits of all they computed.")
        }
        for run in runs where run.summary.otherKernels?.isEmpty == false { cautions.append("\(run.letter) is not bit-reproducible: other kernels took part.") }
    }

    /// A specification without its place, for the same data may lie elsewhere, and those of its options that say how images are seen. What
    /// samples and labels the others choose shows in the labels and the numbers of images.
    private static func dataset(_ specification: String) -> (name: String, seen: String) {
        let parts = specification.split(separator: "?", maxSplits: 1).map(String.init)
        let name = parts.first?.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
        let choosing = ["train=", "test=", "labels=", "seed=", "damaged="]
        let options = (parts.count > 1 ? parts[1] : "").split(separator: "&").map(String.init)
        return (name, options.filter { option in !choosing.contains { option.hasPrefix($0) } }.sorted().joined(separator: "&"))
    }

    private static func names(_ run: ComparedRun) -> String {
        let names = run.summary.labelNames
        return names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
}

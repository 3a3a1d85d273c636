extension Recipe {
    /// What the fields of learning rates say against each other, phase by phase. Nil where all is well.
    var rateInconsistency: String? {
        let (t, h, p) = (training, heads, prune)
        let phases = [
            RateFields("training", t.epochs, t.maxSteps, t.schedule, t.learningRate, t.leastLearningRate, t.warmup, t.warmupUnit),
            RateFields("heads", h.epochs, h.maxSteps, h.schedule, h.learningRate, h.leastLearningRate, h.warmup, h.warmupUnit),
            RateFields("prune", p.epochs, p.maxSteps, p.schedule, p.learningRate, p.leastLearningRate, p.warmup, p.warmupUnit),
        ]
        for phase in phases { if let problem = phase.inconsistency { return problem } }
        return nil
    }
}

/// What a phase says of its learning rate, and how long it goes.
private struct RateFields {
    let phase: String
    let epochs: Int
    let maxSteps: Int
    let schedule: Recipe.Schedule
    let rate: Double
    let leastRate: Double
    let warmup: Int
    let warmupUnit: Recipe.DecayUnit

    init(
        _ phase: String, _ epochs: Int, _ maxSteps: Int, _ schedule: Recipe.Schedule, _ rate: Double, _ leastRate: Double,
        _ warmup: Int, _ warmupUnit: Recipe.DecayUnit
    ) {
        self.phase = phase
        self.epochs = epochs
        self.maxSteps = maxSteps
        self.schedule = schedule
        self.rate = rate
        self.leastRate = leastRate
        self.warmup = warmup
        self.warmupUnit = warmupUnit
    }

    var inconsistency: String? {
        if schedule == .cosine, leastRate > rate {
            return "\"\(phase).leastLearningRate\" \(leastRate) is more than \"\(phase).learningRate\" \(rate), from which a cosine falls"
        }
        guard warmup > 0 else { return nil }
        if schedule == .oneCycle {
            return "\"\(phase).warmup\" is \(warmup), and \"\(phase).schedule\" one-cycle rises by itself; set one of them otherwise"
        }
        // A phase of no steps warms nothing up.
        if warmupUnit == .epochs, epochs > 0, warmup > epochs {
            return "\"\(phase).warmup\" of \(warmup) epochs is longer than \"\(phase).epochs\" \(epochs)"
        }
        if warmupUnit == .steps, maxSteps > 0, warmup > maxSteps {
            return "\"\(phase).warmup\" of \(warmup) steps is longer than \"\(phase).maxSteps\" \(maxSteps)"
        }
        return nil
    }
}

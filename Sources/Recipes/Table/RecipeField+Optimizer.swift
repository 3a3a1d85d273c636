// What phases of steps say about optimizer and learning rate.
extension RecipeField {
    struct OptimizerPlaces {
        let optimizer: Place<Recipe.Optimizer>
        let momentum, weightDecay: Place<Double>
        let decayNormAndBias: Place<Bool>
        let rmsDecay, beta1, beta2, epsilon: Place<Double>
    }

    static func optimizer(_ phase: String, places: OptimizerPlaces) -> [RecipeField] {
        [
            choice(
                "\(phase).optimizer", places.optimizer,
                "How weights follow their gradient: stochastic gradient descent with Nesterov momentum, RMSprop, or AdamW.")
                .omittedAtDefault,
        ] + momentum(phase, places.momentum, places.weightDecay) + [
            truth(
                "\(phase).decayNormAndBias", places.decayNormAndBias,
                "Whether weight decay pulls at batch norm's scales and shifts and at biases, that is at all tensors with one axis, as it does at weights.")
                .omittedAtDefault,
            number(
                "\(phase).rmsDecay", places.rmsDecay, .from(0, below: 1),
                "The share of rmsprop's mean of squared gradients that stays from step to step (alpha).").omittedAtDefault,
            number(
                "\(phase).beta1", places.beta1, .from(0, below: 1),
                "The share of adamw's mean of gradients that stays from step to step.").omittedAtDefault,
            number(
                "\(phase).beta2", places.beta2, .from(0, below: 1),
                "The share of adamw's mean of squared gradients that stays from step to step.").omittedAtDefault,
            number(
                "\(phase).epsilon", places.epsilon, .within(1e-15, 1),
                "What rmsprop and adamw add to the root of the mean square that they divide by.").omittedAtDefault,
        ]
    }

    static func momentum(_ phase: String, _ momentum: Place<Double>, _ weightDecay: Place<Double>) -> [RecipeField] {
        [
            number("\(phase).momentum", momentum, .from(0, below: 1), "Nesterov momentum of sgd, plain momentum of rmsprop; adamw has none."),
            number(
                "\(phase).weightDecay", weightDecay, .within(0, 1),
                "L2 regularisation, as a share of each weight added to its gradient; of adamw the share, times the learning rate, that each weight loses at a step."),
        ]
    }

    static func learningRate(_ phase: String, _ place: Place<Double>) -> RecipeField {
        number(
            "\(phase).learningRate", place, .above(0, atMost: 100),
            "The learning rate of the first step, or of the first after the warm-up; of the peak where the schedule is one-cycle.")
    }

    struct RatePlaces {
        let schedule: Place<Recipe.Schedule>
        let decayFactor: Place<Double>
        let decayEvery: Place<Int>
        let decayUnit: Place<Recipe.DecayUnit>
        let rise, startDivisor, endDivisor, leastLearningRate: Place<Double>
        let warmup: Place<Int>
        let warmupUnit: Place<Recipe.DecayUnit>
        let warmupStart: Place<Double>
    }

    static func rates(_ phase: String, places: RatePlaces) -> [RecipeField] {
        [
            choice(
                "\(phase).schedule", places.schedule,
                "How the learning rate goes: multiplied every so often; once up to a peak and down again along half cosines; down to its least along half a cosine; or down by the same share each epoch or step."),
            number(
                "\(phase).decayFactor", places.decayFactor, .above(0, atMost: 1),
                "What the learning rate is multiplied by at each decay of step-decay, and over as long a time by exponential."),
            integer(
                "\(phase).decayEvery", places.decayEvery, 1...large, unit: "\(phase).decayUnit",
                "From one decay of the learning rate to the next; exponential falls by \(phase).decayFactor in this time."),
            choice(
                "\(phase).decayUnit", places.decayUnit,
                "What \(phase).decayEvery counts, and how often cosine and exponential change the rate."),
            number("\(phase).rise", places.rise, .within(0, 1), "The share of all steps in which one-cycle's rate rises."),
            number("\(phase).startDivisor", places.startDivisor, .within(1, 1e9), "One-cycle's peak over its first rate."),
            number("\(phase).endDivisor", places.endDivisor, .within(1, 1e9), "One-cycle's first rate over its last."),
            number(
                "\(phase).leastLearningRate", places.leastLearningRate, .within(0, 100), "What cosine's rate falls to.").omittedAtDefault,
            integer(
                "\(phase).warmup", places.warmup, 0...1_000_000_000, unit: "\(phase).warmupUnit",
                "How long the learning rate rises evenly before its schedule begins; 0: not at all.").omittedAtDefault,
            choice(
                "\(phase).warmupUnit", places.warmupUnit,
                "What \(phase).warmup counts, and after each of which the rate rises.").omittedAtDefault,
            number(
                "\(phase).warmupStart", places.warmupStart, .above(0, atMost: 1),
                "The share of the learning rate at which the warm-up begins.").omittedAtDefault,
        ]
    }
}

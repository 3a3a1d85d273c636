import Foundation
import Testing

/// What Scripts/make-optimizer-fixtures wrote: PyTorch's numbers, computed in float64.
struct OptimizerFixture: Decodable {
    /// Steps of RMSprop or AdamW; each kind has its own settings and state.
    struct Trajectory: Decodable {
        let kind: String
        let lr: Double
        let alpha, momentum: Double?
        let betas: [Double]?
        let eps, weight_decay: Double
        let start: [Double]
        let gradients: [[Double]]
        /// Of each step.
        let rates: [Double]
        /// After some of the steps, counted from 1.
        let weights: [String: [Double]]
        let square_avg, momentum_buffer, exp_avg, exp_avg_sq: [Double]?
    }

    struct Schedule: Decodable {
        let main: String
        let rate: Double
        let least, factor: Double?
        let every: Int?
        let warmup: Int
        let start: Double
        let total: Int
        /// Of each epoch or step.
        let rates: [Double]
    }

    struct Loss: Decodable {
        let classes, rows: Int
        let smoothing: Double
        let logits: [Double]
        let labels: [Int32]
        let others: [Int32]?
        let shares: [Double]?
        let lossSum: Double
        /// Of the rows' mean.
        let gradient: [Double]
    }

    struct Average: Decodable {
        struct Step: Decodable {
            let weight, running, averageWeight, averageRunning: [Double]
        }

        let decay: Double
        let warmup: Int
        let steps: [Step]
    }

    let optimizers: [Trajectory]
    let schedules: [Schedule]
    let losses: [Loss]
    let averages: [Average]

    static let recorded = Result {
        let file = try #require(Bundle.module.url(forResource: "optimizers", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(OptimizerFixture.self, from: Data(contentsOf: file))
    }
}

import Foundation

/// What `evaluate` finds. As JSON: `test_accuracy`, `test_top5_accuracy` and `test_loss` are null where no accuracy can be
/// given, and `accuracy_note` says why.
struct EvaluationResult: Encodable {
    let model: String
    /// Outputs of the network.
    let labels: Int
    let dataset: String
    let samples: Int
    /// 0 to 1.
    let accuracy: Double?
    let top5Accuracy: Double?
    /// Mean cross-entropy in nats; nil also where the network yields no number.
    let loss: Double?
    let accuracyNote: String?

    private enum CodingKeys: String, CodingKey {
        case model, labels, dataset, samples
        case accuracy = "test_accuracy"
        case top5Accuracy = "test_top5_accuracy"
        case loss = "test_loss"
        case accuracyNote = "accuracy_note"
    }

    // Written out so that absent figures are null, not missing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(labels, forKey: .labels)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(samples, forKey: .samples)
        try container.encode(accuracy, forKey: .accuracy)
        try container.encode(top5Accuracy, forKey: .top5Accuracy)
        try container.encode(loss, forKey: .loss)
        try container.encode(accuracyNote, forKey: .accuracyNote)
    }

    var text: String {
        let place = "\(samples) samples of \(dataset), \(model)\n"
        guard let accuracy, let top5Accuracy else { return "\(accuracyNote ?? "no accuracy"); \(place)" }
        return "Test accuracy \(String(format: "%.4f", accuracy)), top-5 \(String(format: "%.4f", top5Accuracy)): \(place)"
    }
}

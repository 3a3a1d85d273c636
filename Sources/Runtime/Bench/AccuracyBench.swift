import Kernels
import Networks
import Tensors

/// The error of every scheme over every distinct layer shape of a network, against plain sums in Double.
struct AccuracyBench {
    private let network: Network

    init(_ network: Network) { self.network = network }

    func run() -> AccuracyBenchResult {
        configureBLAS()
        return AccuracyBenchResult(
            model: network.specification.summary, rows: distinctShapes(network).flatMap(measure), fingerprint: kernelFingerprint)
    }

    private func measure(_ layer: ConvolutionLayer) -> [AccuracyBenchResult.Row] {
        // One sample of a small map is too few tiles to judge by.
        let used = layer.plan(batch: layer.size < 8 ? 2 : 1)
        let trial = AccuracyTrial(used.geometry)
        // The direct scheme first: others are set against it.
        let schemes = ConvolutionPlan.Scheme.allCases.filter { ConvolutionPlan.allows($0, used.geometry) }
        let errors = schemes.map { (scheme: $0, errors: trial.errors(ConvolutionPlan(used.geometry, scheme: $0))) }
        guard let direct = errors.first(where: { $0.scheme == .direct })?.errors else { return [] }
        return AccuracyBenchResult.Direction.allCases.flatMap { direction in
            errors.compactMap { scheme, errors in
                guard let error = errors[direction], let base = direct[direction] else { return nil }
                return AccuracyBenchResult.Row(
                    layer: layer.name,
                    input: [used.geometry.batch, layer.size, layer.size, layer.inputChannels], filters: layer.outputChannels,
                    direction: direction, scheme: scheme.rawValue, isUsed: scheme == used.scheme, rootMeanSquare: error.rootMeanSquare,
                    largest: error.largest, directRootMeanSquare: base.rootMeanSquare, directLargest: base.largest)
            }
        }
    }
}

/// One convolution with random numbers from [-1, 1), and its exact results.
private struct AccuracyTrial {
    private let geometry: ConvolutionGeometry
    private let tensors: ParameterVector
    private let exact: [AccuracyBenchResult.Direction: [Double]]

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        tensors = uniform([
            ("input", [geometry.inputCount]), ("weights", [geometry.weightCount]), ("upper", [geometry.outputCount]),
            ("output", [geometry.outputCount]), ("inputGradient", [geometry.inputCount]), ("weightGradient", [geometry.weightCount]),
        ])
        let (input, weights, upper) = (doubles(tensors, "input"), doubles(tensors, "weights"), doubles(tensors, "upper"))
        exact = [
            .forward: Reference.convolutionForward(input: input, weights: weights, bias: nil, geometry: geometry),
            .inputGradient: Reference.convolutionInputGradient(outputGradient: upper, weights: weights, geometry: geometry),
            .weightGradient: Reference.convolutionWeightGradient(outputGradient: upper, input: input, geometry: geometry).weightGradient,
        ]
    }

    func errors(_ plan: ConvolutionPlan) -> [AccuracyBenchResult.Direction: RelativeError] {
        let workspace = ParameterVector(TensorLayout([("workspace", [max(plan.forwardWorkspaceCount, plan.backwardWorkspaceCount)])]))
        plan.forward(
            output: tensors.buffer("output"), moments: nil, input: tensors.buffer("input"), weights: tensors.buffer("weights"), bias: nil,
            workspace: workspace.buffer("workspace"))
        plan.backward(
            weightGradient: tensors.buffer("weightGradient"), inputGradient: tensors.buffer("inputGradient"),
            outputGradient: tensors.buffer("upper"), input: tensors.buffer("input"), weights: tensors.buffer("weights"),
            workspace: workspace.buffer("workspace"))
        let results: [AccuracyBenchResult.Direction: String] = [
            .forward: "output", .inputGradient: "inputGradient", .weightGradient: "weightGradient",
        ]
        return exact.reduce(into: [:]) { errors, entry in
            if let name = results[entry.key] { errors[entry.key] = RelativeError(of: doubles(tensors, name), from: entry.value) }
        }
    }
}

private func doubles(_ vector: ParameterVector, _ name: String) -> [Double] { vector.buffer(name).array.map(Double.init) }

/// How far an answer is from the exact one.
private struct RelativeError {
    /// √(Σ error² / Σ exact²)
    let rootMeanSquare: Double
    /// max |error| / max |exact|
    let largest: Double

    init(of answer: [Double], from exact: [Double]) {
        var (errors, squares, worst, top) = (0.0, 0.0, 0.0, 0.0)
        for (answer, exact) in zip(answer, exact) {
            let error = answer - exact
            errors += error * error
            squares += exact * exact
            worst = max(worst, abs(error))
            top = max(top, abs(exact))
        }
        rootMeanSquare = (errors / squares).squareRoot()
        largest = worst / top
    }
}

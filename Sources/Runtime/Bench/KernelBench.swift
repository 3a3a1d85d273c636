import Foundation
import Kernels
import Networks
import Tensors

/// Every convolution of a network in its three directions, on one thread, as a lane computes them.
struct KernelBench {
    struct Result: Encodable {
        struct Kernel: Encodable {
            let layer: String
            /// forward, input-gradient or weight-gradient.
            let direction: String
            /// [N, H, W, C] of the input, and filters.
            let input: [Int]
            let filters: Int
            /// The median of the runs.
            let milliseconds: Double
            /// 10⁹ multiplications and additions per second.
            let gflops: Double
        }

        let bench = "kernels"
        let model: String
        let kernels: [Kernel]
        /// Of all kernels together.
        let gflops: Double
        let fingerprint: String

        var text: String {
            let lines = kernels.map { kernel in
                let name = kernel.layer.padding(toLength: 8, withPad: " ", startingAt: 0)
                let direction = kernel.direction.padding(toLength: 16, withPad: " ", startingAt: 0)
                return "\(name)\(direction)\(String(format: "%9.3f ms %8.1f GFLOP/s", kernel.milliseconds, kernel.gflops))\n"
            }
            return lines.joined() + "all     \(String(format: "%36.1f GFLOP/s", gflops)); \(model), one thread, \(fingerprint)\n"
        }
    }

    private let network: Network
    private let batch: Int
    private let runs: Int

    init(_ network: Network, batch: Int, runs: Int) {
        self.network = network
        self.batch = batch
        self.runs = runs
    }

    func run() -> Result {
        var kernels: [Result.Kernel] = []
        var (operations, seconds) = (0.0, 0.0)
        var (size, channels) = (network.specification.inputSize, network.specification.inputChannels)
        for tap in network.taps {
            let geometry = ConvolutionGeometry(
                batch: batch, inputHeight: size, inputWidth: size, inputChannels: channels, outputChannels: tap.channels)
            for (direction, time) in measure(geometry) {
                // One multiply-add is two operations.
                let work = 2 * Double(geometry.multiplyAdds)
                operations += work
                seconds += time
                kernels.append(Result.Kernel(
                    layer: tap.name, direction: direction, input: [batch, size, size, channels], filters: tap.channels,
                    milliseconds: time * 1000, gflops: work / time / 1e9))
            }
            (size, channels) = (tap.height, tap.channels)
        }
        return Result(
            model: network.specification.summary, kernels: kernels, gflops: operations / seconds / 1e9, fingerprint: kernelFingerprint)
    }

    /// Seconds of one call in each direction.
    private func measure(_ geometry: ConvolutionGeometry) -> [(direction: String, seconds: Double)] {
        let buffers = ParameterVector(TensorLayout([
            ("input", [geometry.inputCount]), ("output", [geometry.outputCount]), ("weights", [geometry.weightCount]),
            ("gradient", [max(geometry.inputCount, geometry.weightCount)]), ("workspace", [convolutionWorkspaceCount(geometry)]),
        ]))
        var stream = RandomStream(seed: 1, purpose: .synthetic)
        for index in 0..<buffers.buffer.count { buffers.buffer[index] = stream.nextUniform() * 2 - 1 }
        let (input, output, weights) = (buffers.buffer("input"), buffers.buffer("output"), buffers.buffer("weights"))
        let (gradient, workspace) = (buffers.buffer("gradient"), buffers.buffer("workspace"))
        return [
            ("forward", seconds {
                convolutionForward(output: output, input: input, weights: weights, bias: nil, geometry: geometry, workspace: workspace)
            }),
            ("input-gradient", seconds {
                convolutionInputGradient(
                    inputGradient: gradient.slice(0, geometry.inputCount), outputGradient: output, weights: weights, geometry: geometry,
                    workspace: workspace)
            }),
            ("weight-gradient", seconds {
                convolutionWeightGradient(
                    weightGradient: gradient.slice(0, geometry.weightCount), biasGradient: nil, outputGradient: output, input: input,
                    geometry: geometry, workspace: workspace)
            }),
        ]
    }

    /// The median over the runs, each of as many calls as take about 50 ms, after one call that warms up.
    private func seconds(_ call: () -> Void) -> Double {
        let clock = ContinuousClock()
        call()
        let once = clock.measure(call).seconds
        let calls = max(1, Int(0.05 / max(once, 1e-7)))
        return median((0..<runs).map { _ in
            clock.measure { for _ in 0..<calls { call() } }.seconds / Double(calls)
        })
    }
}

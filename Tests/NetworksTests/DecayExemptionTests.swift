import Networks
import Tensors
import Testing

/// Weight decay can exempt tensors with one axis (`WeightDecay`): those must be batch norm and biases, all of them and nothing else.
@Suite struct DecayExemptionTests {
    @Test(arguments: ["vgg11", "vgg16", "efficientnet-b0"]) func oneAxisMeansBatchNormOrBias(_ name: String) throws {
        let network = try Network(ModelSpecification(name: name, inputChannels: 3, labels: 10))
        let suffix = ".running_mean"
        let norms = Set(network.statisticsLayout.entries.map(\.name).filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) })
        #expect(!norms.isEmpty)
        for entry in network.parameterLayout.entries {
            let isExempt = entry.name.hasSuffix(".bias") || norms.contains { entry.name == $0 + ".weight" }
            #expect((entry.shape.rank == 1) == isExempt, "\(entry.name)")
        }
    }
}

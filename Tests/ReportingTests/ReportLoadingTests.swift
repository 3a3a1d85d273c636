import Diagnostics
import Foundation
import Mechanism
import Reporting
import RunStore
import Tensors
import TestSupport
import Testing

@Suite struct ReportLoadingTests {
    @Test func everythingComesBackFromTheRunDirectory() throws {
        let run = try SampleRun(layerCount: 3, filters: 18)
        let directory = try TemporaryDirectory()
        try run.write(to: directory.path)
        let input = try ReportInput.load(from: RunDirectory.open(path: directory.path))
        #expect(input.summary == run.input.summary)
        #expect(input.metrics == run.input.metrics)
        #expect(input.examples == run.input.examples)
        #expect(input.setting.description == "A trial.")
        #expect(input.setting.seed == 7 && input.setting.batchSize == 100 && input.setting.trainingSteps == 3000)
        #expect(input.recipe.contains(.init(name: "training.flip", value: "true")))
        #expect(input.recipe.contains(.init(name: "training.learningRate", value: "0.028")))
        #expect(input.recipe.contains(.init(name: "seed", value: "7")))
        #expect(input.phases == [.init(name: "training", seconds: 90)])
        #expect(input.workers == [.init(name: "worker-1", host: "anna", threads: 2, unitsDone: 42)])
        #expect(try ReportDocument.html(input).contains("Single filters up close"))
    }

    @Test func headsOfAnotherShapeAreNamed() throws {
        let run = try SampleRun(layerCount: 3, filters: 6)
        let directory = try TemporaryDirectory()
        try run.write(to: directory.path)
        var heads = SafetensorsWriter()
        for layer in run.layers { heads.add("head.\(layer.layer).weight", Tensor([10, 6])) }
        try heads.write(to: directory.file("checkpoints/heads.safetensors"))
        let opened = try RunDirectory.open(path: directory.path)
        do {
            _ = try ReportInput.load(from: opened)
            Issue.record("heads of another shape were taken")
        } catch {
            #expect(error.description.contains("head.conv1.weight") && error.description.contains("[10, 6]"))
        }
    }
}

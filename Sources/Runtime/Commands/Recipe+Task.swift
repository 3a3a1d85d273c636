import Datasets
import Diagnostics
import Foundation
import Networks
import Recipes
import Reporting
import Tensors

// What a recipe means for the parts that carry it out.

extension Recipe {
    /// The data set, brought to the network's size where its options do not say one.
    /// - Throws: a `Problem` where the text cannot be meant, or says another size than the network's.
    func datasetSpecification() throws(Problem) -> DatasetSpecification {
        var specification: DatasetSpecification
        do {
            specification = try DatasetSpecification(dataset)
        } catch {
            guard let kind = DatasetKind(rawValue: String(dataset.prefix { $0 != "?" })), kind != .fashionMNIST else { throw error }
            throw Problem(
                "the recipe does not say where \(kind.rawValue) lies", at: error.location, remedy: "name its place: --dataset \(kind.usage)")
        }
        if let size = specification.size, size != model.inputSize {
            throw Problem(
                "the images are brought to size \(size), and the network takes \"model.inputSize\" \(model.inputSize)",
                at: "data set \"\(dataset)\"", remedy: "leave the option size= out, or change the recipe")
        }
        if specification.kind != .tensor { specification.size = model.inputSize }
        return specification
    }

    /// The network that the recipe trains on a data set.
    func modelSpecification(for dataset: ImageDataset) -> ModelSpecification {
        ModelSpecification(
            name: model.name, width: model.width, classifier: model.classifier == .mlp ? .mlp : .linear,
            classifierBias: model.classifierBias, batchNorm: model.batchNorm, inputSize: model.inputSize, inputChannels: dataset.channels,
            labels: dataset.labelCount, dropout: Float(model.dropout),
            stochasticDepth: model.isEfficientNet ? Float(model.stochasticDepth) : nil)
    }

    /// How samples enter the network, augmented as the recipe says.
    /// - Throws: a `Problem` where the data set's samples cannot be changed so, or have not the network's size.
    func preprocessing(of dataset: ImageDataset) throws(Problem) -> Preprocessing {
        var preprocessing = dataset.preprocessing
        let location = "data set \"\(dataset.specification)\""
        guard preprocessing.outputSize == model.inputSize else {
            throw Problem(
                "its images have size \(preprocessing.outputSize), and the network takes \"model.inputSize\" \(model.inputSize)", at: location)
        }
        preprocessing.augmentation = augmentation
        let needsPictures = preprocessing.augmentation.crop != nil || preprocessing.augmentation.colour != nil
        let arePictures = preprocessing.encoding.format != .float32CHW && [1, 3].contains(dataset.channels)
        guard arePictures || !needsPictures else {
            throw Problem(
                "random crops and changes of colour need pictures in grey or in colour, and its samples are none", at: location,
                remedy: "set training.cropLeastArea, brightness, contrast, saturation and hue to 0")
        }
        if dataset.specification.damaged == nil { preprocessing.damaged = damaged == .skip ? .skip : .fatal }
        return preprocessing
    }

    private var augmentation: Augmentation {
        let t = training
        let changesColour = [t.brightness, t.contrast, t.saturation, t.hue].contains { $0 > 0 }
        return Augmentation(
            flip: t.flip, translation: t.translation,
            crop: t.cropLeastArea > 0
                ? RandomCrop(leastArea: t.cropLeastArea, greatestArea: t.cropGreatestArea, greatestRatio: t.cropGreatestRatio) : nil,
            colour: changesColour
                ? ColourJitter(brightness: t.brightness, contrast: t.contrast, saturation: t.saturation, hue: t.hue) : nil,
            mixing: t.mixup > 0 || t.cutMix > 0
                ? SampleMixing(mixup: t.mixup > 0 ? t.mixup : nil, cutMix: t.cutMix > 0 ? t.cutMix : nil) : nil)
    }

    /// Which samples each step takes; the heads draw an order of their own.
    func plan(of split: Split, seed: UInt64) -> MiniBatchPlan {
        let order: SampleOrder =
            switch training.order {
            case .shuffled: .uniform(EpochSampler(count: split.count, seed: seed))
            case .balanced: .balanced(BalancedSampler(labels: split.labels, seed: seed))
            }
        return MiniBatchPlan(order: order, batchSize: training.batchSize, shardSize: training.shardSize)
    }

    /// SHA-256 of all that decides the results: how the work is dealt, kept and shown may change between a run's start
    /// and its going on.
    var resultDigest: Digest {
        var recipe = self
        recipe.name = ""
        recipe.description = ""
        recipe.cluster = Cluster()
        recipe.checkpoints = Checkpoints()
        recipe.report = Report()
        // Measured anew whenever a run goes on, from what was trained.
        recipe.prune = Prune()
        recipe.claims = Claims()
        recipe.analysis.thresholds = []
        return Digest.sha256(of: Data(recipe.digestText.utf8))
    }

    /// As text, all that decides what phase 5 yields beyond the network and its clusters.
    var pruneSettings: String {
        var only = Recipe()
        only.prune = prune
        // Which thresholds and whether baselines are there decides which networks, not what each is.
        only.prune.thresholds = []
        only.prune.baselines = true
        return only.digestText
    }
}

extension ImageDataset {
    /// The draw of labels, where there was one.
    var labelDraw: LabelDraw? { labelSubset.map { LabelDraw(from: $0.from, seed: $0.seed, drawn: $0.drawn) } }
}

import Coordination
import Diagnostics
import Mechanism
import Messages
import Tensors

extension PartialSum {
    /// What travels, in the order of the names. Label sums are those of the labels that have images, by `counts`, which all layers share.
    var wireTensors: [WireTensor] {
        var tensors = floats.sorted { $0.key < $1.key }.map { WireTensor($0.key, $0.value) }
        guard let counts = labelSums.first?.value.counts else { return tensors }
        tensors.append(WireTensor(Figure.labelCounts, [counts.count], int64s: counts.map { Int64($0) }))
        for (layer, sums) in labelSums.sorted(by: { $0.key < $1.key }) {
            let rows = sums.sumsOfPresentLabels
            tensors.append(WireTensor(
                Figure.labelSums(of: layer), [rows.count, sums.height, sums.width, sums.filters], rows: rows))
        }
        return tensors
    }

    /// - Parameter pool: where small float32 tensors that came in frames find memory; others stay where they are.
    /// - Throws: `Problem` for tensors that are no sums.
    init(_ result: UnitResult, from pool: StoragePool) throws(Problem) {
        self.init(figures: result.figures)
        do throws(ProtocolError) {
            let counts = try result.tensors.first { $0.name == Figure.labelCounts }?.int64s()
            for tensor in result.tensors where tensor.name != Figure.labelCounts {
                switch tensor.type {
                case .float32:
                    if let pieces = tensor.floatPieces {
                        self.pieces[tensor.name] = pieces
                    } else {
                        floats[tensor.name] = try tensor.tensor(from: pool)
                    }
                case .float64: labelSums[try Figure.layer(ofLabelSums: tensor)] = try LabelMeans(tensor, counts: counts)
                default: throw ProtocolError.badTensor(name: tensor.name, reason: "elements are \(tensor.type.rawValue), sums are F32 or F64")
                }
            }
        } catch {
            throw Problem("unit \(result.unit): \(error.description)")
        }
    }
}

extension Figure {
    fileprivate static func layer(ofLabelSums tensor: WireTensor) throws(ProtocolError) -> String {
        let prefix = labelSums(of: "")
        guard tensor.name.hasPrefix(prefix) else { throw .badTensor(name: tensor.name, reason: "is no sum that a unit yields") }
        return String(tensor.name.dropFirst(prefix.count))
    }
}

extension LabelMeans {
    /// - Parameters:
    ///   - tensor: [labels with images, H, W, F]
    ///   - counts: [K], images of each label.
    fileprivate init(_ tensor: WireTensor, counts: [Int64]?) throws(ProtocolError) {
        guard let counts else { throw .missingTensor(name: Figure.labelCounts) }
        guard counts.allSatisfy({ $0 >= 0 && $0 <= Limits.largestInteger }) else {
            throw .badTensor(name: Figure.labelCounts, reason: "a count is outside 0…2^53")
        }
        let shape = tensor.shape
        guard shape.rank == 4, shape[0] == counts.count(where: { $0 > 0 }) else {
            throw .badTensor(name: tensor.name, reason: "shape \(shape) does not fit the labels that have images")
        }
        self.init(
            labels: counts.count, height: shape[1], width: shape[2], filters: shape[3], sums: try tensor.rowsOfDoubles(),
            counts: counts.map { Int($0) })
    }
}

extension WireTensor {
    /// The elements where the frames brought them; nil for a small tensor, and for frames in which floats cannot be read.
    fileprivate var floatPieces: FloatPieces? {
        guard case .bytes(let frames) = content, byteCount >= StoragePool.smallest else { return nil }
        return FloatPieces(shape, frames)
    }

    /// The elements in place, or copied out of the frames that brought them.
    func tensor(from pool: StoragePool) throws(ProtocolError) -> Tensor {
        if case .floats(let tensor) = content { return tensor }
        var tensor = Tensor(shape, from: pool)
        try tensor.withMutableBuffer { (buffer) throws(ProtocolError) in try floats(into: buffer) }
        return tensor
    }
}

extension ParameterVector {
    /// The name of the one tensor in which a whole vector travels: flat, in its layout's order with the padding.
    static let wireName = "flat"

    /// A copy from an update's frames.
    /// - Throws: `Problem` when the update is not one flat vector of this layout.
    convenience init(_ update: ParameterUpdate, layout: TensorLayout, from pool: StoragePool) throws(Problem) {
        self.init(layout, from: pool)
        do throws(ProtocolError) {
            try update.tensors.tensor(Self.wireName).floats(into: buffer)
        } catch {
            throw Problem("parameters \(update.set): \(error.description)", remedy: "run coordinator and workers from the same version")
        }
    }

    /// The vector in its own memory, which must not change while it travels.
    var wireTensor: WireTensor { WireTensor(Self.wireName, Tensor(adopting: self)) }
}

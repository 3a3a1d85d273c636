import Coordination
import Diagnostics
import Messages
import Tensors

extension PartialSum {
    /// What travels, in the order of the names.
    var wireTensors: [WireTensor] {
        floats.sorted { $0.key < $1.key }.map { WireTensor($0.key, $0.value) }
            + doubles.sorted { $0.key < $1.key }.map { WireTensor($0.key, [$0.value.count], doubles: $0.value) }
    }

    /// - Parameter pool: where small float32 tensors that came in frames find memory; others stay where they are.
    /// - Throws: `Problem` for tensors that are neither float32 nor float64.
    init(_ result: UnitResult, from pool: StoragePool) throws(Problem) {
        self.init(figures: result.figures)
        for tensor in result.tensors {
            do throws(ProtocolError) {
                switch tensor.type {
                case .float32:
                    if let pieces = tensor.floatPieces {
                        self.pieces[tensor.name] = pieces
                    } else {
                        floats[tensor.name] = try tensor.tensor(from: pool)
                    }
                case .float64: doubles[tensor.name] = try tensor.doubles()
                default: throw ProtocolError.badTensor(name: tensor.name, reason: "elements are \(tensor.type.rawValue), sums are F32 or F64")
                }
            } catch {
                throw Problem("unit \(result.unit): \(error.description)")
            }
        }
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

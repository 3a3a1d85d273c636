import Coordination
import Diagnostics
import Messages
import Tensors

extension PartialSum {
    /// What travels: one frame a tensor, in the order of their names.
    var wireTensors: [WireTensor] {
        floats.sorted { $0.key < $1.key }.map { name, tensor in tensor.withBuffer { WireTensor(name, tensor.shape, floats: $0) } }
            + doubles.sorted { $0.key < $1.key }.map { WireTensor($0.key, [$0.value.count], doubles: $0.value) }
    }

    /// - Throws: `Problem` for tensors that are neither float32 nor float64.
    init(_ result: UnitResult) throws(Problem) {
        self.init(figures: result.figures)
        for tensor in result.tensors {
            do throws(ProtocolError) {
                switch tensor.type {
                case .float32:
                    var floats = Tensor(tensor.shape)
                    try floats.withMutableBuffer { (buffer) throws(ProtocolError) in try tensor.floats(into: buffer) }
                    self.floats[tensor.name] = floats
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
    /// A whole parameter vector, flat, in its layout's order with the padding.
    init(_ vector: ParameterVector) { self.init("flat", [vector.buffer.count], floats: vector.buffer) }
}

extension ParameterVector {
    /// - Throws: `Problem` when the update is not one flat vector of this layout.
    convenience init(_ update: ParameterUpdate, layout: TensorLayout) throws(Problem) {
        self.init(layout)
        do throws(ProtocolError) {
            try update.tensors.tensor("flat").floats(into: buffer)
        } catch {
            throw Problem("parameters \(update.set): \(error.description)", remedy: "run coordinator and workers from the same version")
        }
    }
}

extension Tensor {
    /// A copy of a whole parameter vector.
    init(_ vector: ParameterVector) {
        self.init([vector.buffer.count])
        withMutableBuffer { $0.copy(from: vector.buffer) }
    }
}

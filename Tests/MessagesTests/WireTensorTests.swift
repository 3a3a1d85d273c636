import Foundation
import Messages
import Tensors
import Testing

@Suite struct WireTensorTests {
    @Test func valuesReturn() throws {
        let floats = WireTensor("a", [2, 2], floats: [1, -2, .infinity, 0.1])
        #expect(try floats.floats() == [1, -2, .infinity, 0.1])
        #expect(try WireTensor("a", [2], doubles: [.pi, -0.0]).doubles() == [.pi, -0.0])
        #expect(try WireTensor("a", [2], int64s: [.min, 7]).int64s() == [.min, 7])
        #expect(try WireTensor("a", [3], uint8s: Data([1, 2, 255])).uint8s() == Data([1, 2, 255]))
        #expect(try WireTensor("a", [0, 7], floats: []).floats() == [])
    }

    @Test func bytesAreLittleEndian() {
        #expect(WireTensor("a", [1], floats: [1]).data == Data([0, 0, 0x80, 0x3F]))
        #expect(WireTensor("a", [1], int64s: [258]).data == Data([2, 1, 0, 0, 0, 0, 0, 0]))
    }

    @Test func bufferTakesExactlyItsCount() throws {
        var target = Tensor([3])
        // Frames lie on any byte boundary.
        let tensor = try WireTensor("a", type: .float32, shape: [3], data: (Data([9]) + WireTensor("a", [3], floats: [1, 2, 3]).data).dropFirst())
        try target.withMutableBuffer { (buffer) throws(ProtocolError) in try tensor.floats(into: buffer) }
        #expect(target.array == [1, 2, 3])
        var small = Tensor([2])
        #expect(throws: ProtocolError.self) {
            try small.withMutableBuffer { (buffer) throws(ProtocolError) in try tensor.floats(into: buffer) }
        }
    }

    @Test func tensorsTravelFromWhereTheyLie() throws {
        var tensor = Tensor([40_000], (0..<40_000).map(Float.init))
        let wire = WireTensor("a", tensor)
        let address = tensor.withBuffer { UInt(bitPattern: $0.pointer) }
        let pieces = wire.pieces
        #expect(pieces.count == 1 && pieces[0].withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == address)
        // What is written later does not travel.
        tensor[7] = -1
        #expect(try wire.floats() == (0..<40_000).map(Float.init))
        #expect(tensor[7] == -1)
        #expect(wire == WireTensor("a", [40_000], floats: (0..<40_000).map(Float.init)))
    }

    @Test func piecesStayAsTheyCame() throws {
        var codec = MessageCodec()
        codec.limits.chunkBytes = 12
        let values: [Double] = [1, 2, 3, 4]
        let result = UnitResult(unit: 1, seconds: 0, tensors: [WireTensor("a", [4], doubles: values)])
        let frames = try codec.encode(Envelope(run: "", sender: "x", message: .result(result)))
        #expect(frames.dropFirst().map(\.count) == [12, 12, 8])
        guard case .result(let read) = try codec.decode(frames).message else {
            Issue.record("no result")
            return
        }
        #expect(read.tensors[0].pieces.count == 3)
        #expect(try read.tensors[0].doubles() == values)
        #expect(read == result)
    }

    @Test func wrongTypesAndCountsAreRefused() {
        let tensor = WireTensor("a", [1], floats: [1])
        #expect(throws: ProtocolError.self) { try tensor.doubles() }
        #expect(throws: ProtocolError.self) { try tensor.int64s() }
        #expect(throws: ProtocolError.self) { try tensor.uint8s() }
        #expect(throws: ProtocolError.self) { try WireTensor("a", type: .float32, shape: [2], data: Data(count: 7)) }
        #expect(throws: ProtocolError.missingTensor(name: "b")) { try [tensor].tensor("b") }
    }
}

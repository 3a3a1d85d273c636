import Tensors

/// target += source, element by element: one edge of the reduction tree.
public func addInto(_ target: FloatBuffer, _ source: FloatBuffer) {
    requireCount(source, target.count, "source")
    forEachVector(target.count) { place, lanes in
        let sum = target.pointer.vector(at: place, count: lanes) + source.pointer.vector(at: place, count: lanes)
        target.pointer.store(sum, at: place, count: lanes)
    }
}

/// buffer *= factor, element by element.
public func scale(_ buffer: FloatBuffer, by factor: Float) {
    forEachVector(buffer.count) { place, lanes in
        buffer.pointer.store(buffer.pointer.vector(at: place, count: lanes) * factor, at: place, count: lanes)
    }
}

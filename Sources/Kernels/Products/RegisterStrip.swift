/// Up to five rows of sums that stay in registers, each one or two vectors wide: the parts of which a product's tile is
/// put together. Five is what the compiler still unrolls wholly; a longer array would live in memory.
protocol RegisterStrip {
    static var rows: Int { get }
    /// Floats of a row.
    static var width: Int { get }

    init()
    /// sum[r] += left[r · rowStep] · right
    mutating func add(_ left: UnsafePointer<Float>, rowStep: Int, _ right: UnsafePointer<Float>)
    mutating func load(_ source: UnsafePointer<Float>, stride: Int)
    /// sum[r] = source[r] + sum[r]
    mutating func addStored(_ source: UnsafePointer<Float>, stride: Int)
    func store(_ target: UnsafeMutablePointer<Float>, stride: Int)
}

/// Rows of two vectors, 32 floats.
struct WideStrip<let count: Int>: RegisterStrip {
    private var first = InlineArray<count, Vector>(repeating: Vector())
    private var second = InlineArray<count, Vector>(repeating: Vector())

    static var rows: Int { @inline(__always) get { count } }
    static var width: Int { @inline(__always) get { 2 &* vectorWidth } }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ left: UnsafePointer<Float>, rowStep: Int, _ right: UnsafePointer<Float>) {
        let (low, high) = (right.vector(at: 0), right.vector(at: vectorWidth))
        for row in 0..<count {
            let value = Vector(repeating: left[row &* rowStep])
            first[row].addProduct(value, low)
            second[row].addProduct(value, high)
        }
    }

    @inline(__always)
    mutating func load(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count {
            first[row] = source.vector(at: row &* stride)
            second[row] = source.vector(at: row &* stride &+ vectorWidth)
        }
    }

    @inline(__always)
    mutating func addStored(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count {
            first[row] += source.vector(at: row &* stride)
            second[row] += source.vector(at: row &* stride &+ vectorWidth)
        }
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<count {
            target.store(first[row], at: row &* stride)
            target.store(second[row], at: row &* stride &+ vectorWidth)
        }
    }
}

/// Rows of one vector, 16 floats.
struct NarrowStrip<let count: Int>: RegisterStrip {
    private var sums = InlineArray<count, Vector>(repeating: Vector())

    static var rows: Int { @inline(__always) get { count } }
    static var width: Int { @inline(__always) get { vectorWidth } }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ left: UnsafePointer<Float>, rowStep: Int, _ right: UnsafePointer<Float>) {
        let vector = right.vector(at: 0)
        for row in 0..<count { sums[row].addProduct(Vector(repeating: left[row &* rowStep]), vector) }
    }

    @inline(__always)
    mutating func load(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count { sums[row] = source.vector(at: row &* stride) }
    }

    @inline(__always)
    mutating func addStored(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count { sums[row] += source.vector(at: row &* stride) }
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<count { target.store(sums[row], at: row &* stride) }
    }
}

/// Rows of one vector and a half, 24 floats.
struct MediumStrip<let count: Int>: RegisterStrip {
    private var first = InlineArray<count, Vector>(repeating: Vector())
    private var second = InlineArray<count, HalfVector>(repeating: HalfVector())

    static var rows: Int { @inline(__always) get { count } }
    static var width: Int { @inline(__always) get { vectorWidth &+ vectorWidth / 2 } }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ left: UnsafePointer<Float>, rowStep: Int, _ right: UnsafePointer<Float>) {
        let (low, high) = (right.vector(at: 0), right.halfVector(at: vectorWidth))
        for row in 0..<count {
            let value = left[row &* rowStep]
            first[row].addProduct(Vector(repeating: value), low)
            second[row].addProduct(HalfVector(repeating: value), high)
        }
    }

    @inline(__always)
    mutating func load(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count {
            first[row] = source.vector(at: row &* stride)
            second[row] = source.halfVector(at: row &* stride &+ vectorWidth)
        }
    }

    @inline(__always)
    mutating func addStored(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<count {
            first[row] += source.vector(at: row &* stride)
            second[row] += source.halfVector(at: row &* stride &+ vectorWidth)
        }
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<count {
            target.store(first[row], at: row &* stride)
            target.store(second[row], at: row &* stride &+ vectorWidth)
        }
    }
}

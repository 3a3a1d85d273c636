/// How the transformed weights of a convolution, [q, inner, columns], are made and kept: in panels of 32 columns (16 with AVX2). Small ones are
/// transformed once, before the first block of tiles; of large ones a part of a panel at a time, each time it is needed.
struct PanelPlan {
    /// Channels that a product sums over.
    let inner: Int
    /// Channels that come out.
    let columns: Int
    let products: Int

    /// Fills a part of a panel with the transformed weights of `inner` channels and of `columns`.
    typealias Transform = (_ part: UnsafeMutablePointer<Float>, _ inner: Range<Int>, _ columns: Range<Int>) -> Void

    init<Scheme: TileScheme>(_: Scheme.Type, inner: Int, columns: Int) {
        self.inner = inner
        self.columns = columns
        products = Scheme.products
    }

    /// 2.4 MB, of which each panel is read in one stream.
    private static let largestWhole = 600_000
    /// Channels of a part, over which a sum is one chain; the parts' sums are then added. It is fixed, since it decides bits: chains of
    /// 512 err twice as much. A part of 36 products takes 590 kB, which stay in the second-level cache.
    private static let partInner = 128

    private var isWhole: Bool { products * inner * columns <= Self.largestWhole }
    /// Floats from what is kept of one product to what is kept of the next. A cache line more than it takes, for matrices a power of two apart
    /// would all want the same cache sets.
    var pointStride: Int { (isWhole ? inner : min(inner, Self.partInner)) &* panelWidth &+ vectorWidth }
    private var panelCount: Int { products * pointStride }

    /// Floats of memory for panels.
    var count: Int { isWhole ? (columns + panelWidth - 1) / panelWidth * panelCount : panelCount }

    @inline(__always)
    func forEachPanel(_ body: (_ columns: Range<Int>) -> Void) {
        for first in stride(from: 0, to: columns, by: panelWidth) { body(first..<min(first + panelWidth, columns)) }
    }

    /// Makes all panels, where they are kept.
    func prepareAll(_ panels: UnsafeMutablePointer<Float>, _ transform: Transform) {
        guard isWhole else { return }
        for first in stride(from: 0, to: columns, by: panelWidth) {
            transform(panels + first / panelWidth * panelCount, 0..<inner, first..<min(first + panelWidth, columns))
        }
    }

    /// Goes through a panel's parts in the order of their channels.
    @inline(__always)
    func forEachPart(
        _ panels: UnsafeMutablePointer<Float>, _ columns: Range<Int>, _ transform: Transform,
        _ body: (_ part: UnsafePointer<Float>, _ inner: Range<Int>) -> Void
    ) {
        let panel = isWhole ? panels + columns.lowerBound / panelWidth &* panelCount : panels
        for first in stride(from: 0, to: inner, by: Self.partInner) {
            let part = first..<min(first + Self.partInner, inner)
            if !isWhole { transform(panel, part, columns) }
            body(isWhole ? panel + first &* columns.count : panel, part)
        }
    }
}

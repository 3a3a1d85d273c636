/// How the three directions of one convolution are computed: a pure function of its geometry, so that bits do not depend on a machine.
public struct ConvolutionPlan: Hashable, Sendable {
    /// Where the products come from.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// `Winograd43`: 36 products for a tile of 4×4 outputs.
        case winograd43
        /// `WholeMap2`: nine products for a map of 2×2.
        case wholeMap2
        /// Sums over the kernel's taps as they stand, from gathered patches or a padded map.
        case direct
    }

    public let geometry: ConvolutionGeometry
    public let scheme: Scheme
    /// For the schemes that go by tiles.
    public let blocking: TileBlocking

    /// The scheme that suits the geometry.
    /// - Parameter blocking: another than the table's, for measuring it; it changes no bit.
    public init(_ geometry: ConvolutionGeometry, blocking: TileBlocking? = nil) {
        self.init(geometry, scheme: Self.scheme(for: geometry), blocking: blocking)
    }

    /// - Precondition: the scheme can do the geometry, see `allows`.
    public init(_ geometry: ConvolutionGeometry, scheme: Scheme, blocking: TileBlocking? = nil) {
        require(Self.allows(scheme, geometry), "a convolution that its scheme cannot do")
        self.geometry = geometry
        self.scheme = scheme
        self.blocking = blocking ?? ConvolutionTable.blocking(scheme, geometry)
    }

    /// Whether a scheme can compute a geometry at all.
    public static func allows(_ scheme: Scheme, _ g: ConvolutionGeometry) -> Bool {
        let goesByTiles = g.kernelHeight == 3 && g.kernelWidth == 3 && g.stride == 1 && g.padding == 1
            && g.inputChannels % vectorWidth == 0 && g.outputChannels % vectorWidth == 0
        return switch scheme {
        case .direct: true
        case .winograd43: goesByTiles
        case .wholeMap2: goesByTiles && g.inputHeight == 2 && g.inputWidth == 2
        }
    }

    static func scheme(for g: ConvolutionGeometry) -> Scheme {
        if allows(.wholeMap2, g) { return .wholeMap2 }
        // Below 3 a tile is mostly outside the map.
        if allows(.winograd43, g), min(g.inputHeight, g.inputWidth) >= 3 { return .winograd43 }
        return .direct
    }

    /// Tiles of the whole batch; nil for the direct scheme.
    public var tileCount: Int? {
        switch scheme {
        case .winograd43: TileConvolution<Winograd43>(geometry: geometry, blocking: blocking).tileCount
        case .wholeMap2: TileConvolution<WholeMap2>(geometry: geometry, blocking: blocking).tileCount
        case .direct: nil
        }
    }

    // MARK: Sizes

    /// Floats of workspace of a training step's way forward.
    public var forwardWorkspaceCount: Int {
        switch scheme {
        case .winograd43: TileConvolution<Winograd43>(geometry: geometry, blocking: blocking).forwardWorkspaceCount
        case .wholeMap2: TileConvolution<WholeMap2>(geometry: geometry, blocking: blocking).forwardWorkspaceCount
        case .direct: convolutionWorkspaceCount(geometry)
        }
    }

    /// Floats of workspace of inference.
    /// - Parameter pooled: whether a max-pool follows.
    public func inferenceWorkspaceCount(pooled: Bool) -> Int {
        guard scheme == .direct else { return forwardWorkspaceCount }
        let map = pooled ? alignedCount(geometry.outputCount) : 0
        return alignedCount(ChannelCoefficients.count(channels: geometry.outputChannels)) + map + convolutionWorkspaceCount(geometry)
    }

    /// Floats of workspace of a training step's way back.
    public var backwardWorkspaceCount: Int {
        switch scheme {
        case .winograd43: TileConvolution<Winograd43>(geometry: geometry, blocking: blocking).backwardWorkspaceCount
        case .wholeMap2: TileConvolution<WholeMap2>(geometry: geometry, blocking: blocking).backwardWorkspaceCount
        case .direct: alignedCount(geometry.outputCount) + alignedCount(geometry.weightCount) + convolutionWorkspaceCount(geometry)
        }
    }
}

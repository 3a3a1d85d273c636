/// weightGradient[3, 3, C, F] at `filters` filters from `filter` on and `channels` channels from `channel` on = Gᵀ u G, or += where
/// `adds` is set; u =
/// products[q, channels, filters] with rows `stride` floats apart and `pointStride` from one q to the next.
@inline(never)
func transformWeightGradient<Scheme: TileScheme>(
    _ scheme: Scheme.Type, weightGradient: UnsafeMutablePointer<Float>, inputChannels: Int, outputChannels: Int, channel: Int,
    channels: Int, filter: Int, filters: Int, products: UnsafePointer<Float>, stride: Int, pointStride: Int, adds: Bool,
    scratch: TileScratch
) {
    let tap = inputChannels &* outputChannels
    for row in 0..<channels {
        for column in Swift.stride(from: 0, to: filters, by: vectorWidth) {
            let source = products + (row &* stride &+ column)
            let target = weightGradient + ((channel &+ row) &* outputChannels &+ filter &+ column)
            transformTile(
                Scheme.self, .weightsAdjoint, scratch: scratch.between,
                load: { source.vector(at: ($0 &* Scheme.points &+ $1) &* pointStride) },
                store: { row, column, value in
                    let place = (row &* 3 &+ column) &* tap
                    target.store(adds ? target.vector(at: place) + value : value, at: place)
                })
        }
    }
}

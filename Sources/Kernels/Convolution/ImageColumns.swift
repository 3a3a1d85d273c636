/// Gathers the patches of `count` output positions, from position `first` on (positions run over N, oH, oW), as rows of
/// kH · kW · C values: row r times the weights is output position first + r ("im2col").
///
/// A patch's row of the kernel, kW · C values, lies in one piece in a channels-last map, so a patch is kH copies with
/// zeros where it hangs over an edge.
func gatherPatches(
    _ columns: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ g: ConvolutionGeometry, first: Int, count: Int
) {
    let (height, width, channels) = (g.inputHeight, g.inputWidth, g.inputChannels)
    let (outputHeight, outputWidth) = (g.outputHeight, g.outputWidth)
    let segment = g.kernelWidth * channels
    var target = columns
    var x = first % outputWidth
    var y = first / outputWidth % outputHeight
    var sample = first / (outputWidth * outputHeight)
    for _ in 0..<count {
        let left = x &* g.stride &- g.padding
        let top = y &* g.stride &- g.padding
        // The part of the kernel's columns that lies inside the map.
        let skipped = min(max(0, 0 &- left), g.kernelWidth) &* channels
        let end = min(g.kernelWidth, width &- left) &* channels
        for kernelRow in 0..<g.kernelHeight {
            let row = top &+ kernelRow
            if row < 0 || row >= height || end <= skipped {
                target.update(repeating: 0, count: segment)
            } else {
                let source = input + (((sample &* height &+ row) &* width &+ left) &* channels)
                for i in 0..<skipped { target[i] = 0 }
                for i in skipped..<end { target[i] = source[i] }
                for i in end..<segment { target[i] = 0 }
            }
            target += segment
        }
        x &+= 1
        if x == outputWidth {
            x = 0
            y &+= 1
            if y == outputHeight {
                y = 0
                sample &+= 1
            }
        }
    }
}

/// Adds rows of patch gradients back to the map that the patches came from: the transpose of `gatherPatches`. Positions
/// are taken in ascending order, so an element's sum has one order however the positions are cut into calls.
func scatterPatches(
    _ inputGradient: UnsafeMutablePointer<Float>, _ columns: UnsafePointer<Float>, _ g: ConvolutionGeometry,
    first: Int, count: Int
) {
    let (height, width, channels) = (g.inputHeight, g.inputWidth, g.inputChannels)
    let (outputHeight, outputWidth) = (g.outputHeight, g.outputWidth)
    let segment = g.kernelWidth * channels
    var source = columns
    for position in first..<(first + count) {
        let left = position % outputWidth &* g.stride &- g.padding
        let top = position / outputWidth % outputHeight &* g.stride &- g.padding
        let sample = position / (outputWidth * outputHeight)
        let skipped = min(max(0, 0 &- left), g.kernelWidth) &* channels
        let end = min(g.kernelWidth, width &- left) &* channels
        for kernelRow in 0..<g.kernelHeight {
            let row = top &+ kernelRow
            if row >= 0, row < height, end > skipped {
                let target = inputGradient + (((sample &* height &+ row) &* width &+ left) &* channels)
                for i in skipped..<end { target[i] += source[i] }
            }
            source += segment
        }
    }
}

import Imaging

/// Which part of a stored picture is shown, and at what size.
struct View {
    /// The part, in pixels of the whole picture.
    let box: Resampler.Box
    /// What the part is brought to.
    let width: Int
    let height: Int
    /// What of that is shown: `outputSize` pixels a side.
    let columns: Range<Int>
    let rows: Range<Int>
    private let isRandomPart: Bool

    /// A random part where `crop` says so, else the whole, of which the middle is shown.
    init(_ preprocessing: Preprocessing, width: Int, height: Int, _ crop: RandomCrop?, _ key: SampleKey) {
        let size = preprocessing.outputSize
        isRandomPart = crop != nil
        if let crop {
            box = crop.draw(width: width, height: height, key: key)
            (self.width, self.height, columns, rows) = (size, size, 0..<size, 0..<size)
            return
        }
        box = Resampler.Box(x: 0, y: 0, width: Double(width), height: Double(height))
        let resizing = preprocessing.resizing ?? Resizing(shorterSide: size, interpolation: .bilinear)
        (self.width, self.height) = resizing.resized(width: width, height: height)
        let left = Resizing.middle(size, of: self.width)
        let top = Resizing.middle(size, of: self.height)
        (columns, rows) = (left..<left + size, top..<top + size)
    }

    /// The largest of 8, 4, 2 and 1 by which the picture may shrink while it is decoded: a random part stays at least as large as
    /// what it is brought to. The whole is decoded as it is, so that evaluation, and training without random parts, sees the
    /// pixels that torchvision's does.
    var denominator: Int {
        guard isRandomPart else { return 1 }
        return [8, 4, 2].first { denominator in
            box.width / Double(denominator) >= Double(width) && box.height / Double(denominator) >= Double(height)
        } ?? 1
    }
}

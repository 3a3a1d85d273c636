/// Changes of brightness, contrast, saturation and hue, each as Pillow's `ImageEnhance` (and torchvision's `adjust_hue`)
/// computes it on bytes.
public enum ColourChange: Hashable, Sendable {
    /// 0 is black, 1 leaves the picture.
    case brightness(Float)
    /// 0 is the picture's mean grey, 1 leaves it.
    case contrast(Float)
    /// 0 is grey, 1 leaves it.
    case saturation(Float)
    /// Turns the hue by this part of the circle, −0.5 ... 0.5.
    case hue(Float)
}

extension PixelBuffer {
    public func apply(_ change: ColourChange) {
        switch change {
        case .brightness(let factor): blend(factor) { _ in Bytes(repeating: 0) }
        case .contrast(let factor):
            let mean = Bytes(repeating: meanGrey)
            blend(factor) { _ in mean }
        case .saturation(let factor): blend(factor, greys)
        case .hue(let turn): turnHue(by: turn)
        }
    }

    /// other + factor · (own − other), cut to 0 ... 255 and then to a whole number.
    @inline(__always)
    private func blend(_ factor: Float, _ other: (Bytes) -> Bytes) {
        let source = UnsafePointer(pixels)
        var place = 0
        while place < byteCount {
            let own = source.bytes(at: place)
            let base = SIMD16<Float>(other(own))
            let mixed = base + factor * (SIMD16<Float>(own) - base)
            let cut = pointwiseMin(pointwiseMax(mixed, SIMD16(repeating: 0)), SIMD16(repeating: 255))
            pixels.store(Bytes(truncatingIfNeeded: Words(cut)), at: place)
            place &+= 16
        }
    }

    /// The grey of each of four pixels in all its four bytes.
    @inline(__always)
    private func greys(_ bytes: Bytes) -> Bytes {
        var result = Bytes()
        for pixel in 0..<4 {
            let grey = Self.grey(bytes[4 &* pixel], bytes[4 &* pixel &+ 1], bytes[4 &* pixel &+ 2])
            for channel in 0..<4 { result[4 &* pixel &+ channel] = grey }
        }
        return result
    }

    /// ITU-R 601's luma in fixed point of 16 bits.
    @inline(__always)
    static func grey(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let sum = UInt32(red) &* 19_595 &+ UInt32(green) &* 38_470 &+ UInt32(blue) &* 7_471 &+ 0x8000
        return UInt8(truncatingIfNeeded: sum >> 16)
    }

    private var meanGrey: UInt8 {
        var sum = 0
        for pixel in 0..<width &* height {
            sum &+= Int(Self.grey(pixels[4 &* pixel], pixels[4 &* pixel &+ 1], pixels[4 &* pixel &+ 2]))
        }
        return UInt8(min(255, Double(sum) / Double(max(1, width &* height)) + 0.5))
    }

    private func turnHue(by turn: Float) {
        let step = UInt8(truncatingIfNeeded: Int((Double(turn) * 255).rounded(.towardZero)))
        for pixel in 0..<width &* height {
            let place = 4 &* pixel
            let (hue, saturation, value) = Self.hsv(pixels[place], pixels[place &+ 1], pixels[place &+ 2])
            let (red, green, blue) = Self.rgb(hue &+ step, saturation, value)
            (pixels[place], pixels[place &+ 1], pixels[place &+ 2]) = (red, green, blue)
        }
    }

    /// Hue, saturation and value, each 0 ... 255.
    private static func hsv(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> (UInt8, UInt8, UInt8) {
        let (most, least) = (max(red, green, blue), min(red, green, blue))
        guard most > least else { return (0, 0, most) }
        let spread = Float(most &- least)
        let saturation = spread / Float(most)
        let r = Float(most &- red) / spread
        let g = Float(most &- green) / spread
        let b = Float(most &- blue) / spread
        let sector: Float = red == most ? b - g : green == most ? Float(2 + Double(r) - Double(b)) : Float(4 + Double(g) - Double(r))
        var hue = Double(sector) / 6 + 1
        if hue >= 1 { hue -= 1 }
        return (UInt8(Double(Float(hue)) * 255), UInt8(Double(saturation) * 255), most)
    }

    private static func rgb(_ hue: UInt8, _ saturation: UInt8, _ value: UInt8) -> (UInt8, UInt8, UInt8) {
        guard saturation > 0 else { return (value, value, value) }
        let turn = Double(hue) * 6 / 255
        let sector = Int(turn)
        let rest = Double(Float(turn - Double(sector)))
        let share = Double(Float(Double(saturation) / 255))
        func shade(_ part: Double) -> UInt8 { UInt8((Double(value) * (1 - part)).rounded()) }
        let (p, q, t) = (shade(share), shade(share * rest), shade(share * (1 - rest)))
        switch sector % 6 {
        case 0: return (value, t, p)
        case 1: return (q, value, p)
        case 2: return (p, value, t)
        case 3: return (p, q, value)
        case 4: return (t, p, value)
        default: return (value, p, q)
        }
    }
}

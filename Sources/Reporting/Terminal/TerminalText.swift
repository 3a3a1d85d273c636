extension String {
    /// The columns that a terminal takes for it.
    public var terminalColumns: Int {
        let bytes = utf8
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.count }
        return reduce(0) { $0 + $1.terminalColumns }
    }
}

extension Character {
    /// Two for the wide characters of East Asian scripts and for pictures, one for all others.
    var terminalColumns: Int { unicodeScalars.contains(where: \.isWide) ? 2 : 1 }
}

extension Unicode.Scalar {
    /// The blocks of Unicode's East_Asian_Width W and F, roughly, and the emoji.
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F000...0x1FAFF, 0x20000...0x3FFFD: true
        default: properties.isEmojiPresentation
        }
    }
}

extension String {
    /// Text from elsewhere without what could move a terminal's cursor, turn the direction of its text or take no room at all.
    /// - Parameter substitute: stands in its place.
    public func printable(_ substitute: Unicode.Scalar = "·") -> String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        return String(UnicodeScalarView(unicodeScalars.map { $0.isHarmless ? $0 : substitute }))
    }
}

extension Unicode.Scalar {
    fileprivate var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

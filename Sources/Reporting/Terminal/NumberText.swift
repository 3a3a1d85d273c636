import Foundation
import Mechanism

/// How numbers read on terminals and in the report; files hold them unrounded.
enum NumberText {
    /// `91.23 %`; an en dash's place is kept by `–` where the value is undefined.
    static func percent(_ share: Double?, digits: Int = 2) -> String {
        share.map { fixed(100 * $0, digits) + " %" } ?? "–"
    }

    /// A verdict's threshold: two decimals, three where two would not say it.
    static func bound(_ value: Double) -> String {
        let hundredths = value * 100
        return fixed(value, abs(hundredths - hundredths.rounded()) < 1e-9 ? 2 : 3)
    }

    static func fixed(_ value: Double?, _ digits: Int) -> String {
        guard let value else { return "–" }
        return String(format: "%.\(digits)f", value)
    }

    /// Three significant digits, without an exponent for everyday sizes.
    static func short(_ value: Double?) -> String {
        guard let value else { return "–" }
        guard value.isFinite else { return "\(value)" }
        let size = abs(value)
        if size == 0 { return "0" }
        if size >= 100 { return String(format: size < 1e6 ? "%.0f" : "%.3g", value) }
        if size >= 10 { return fixed(value, 1) }
        if size >= 1 { return fixed(value, 2) }
        if size >= 0.01 { return fixed(value, 3) }
        return String(format: "%.2g", value)
    }

    /// At most three digits after the point, no zeros at the end: for settings.
    static func plain(_ value: Double) -> String {
        var text = fixed(value, 3)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    static func ratio(_ value: SignalToNoise) -> String {
        switch value {
        case .ratio(let ratio): short(ratio)
        case .noNoise: "no noise"
        case .undefined: "undefined"
        }
    }

    /// `850 ms`, `45 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "–" }
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 9.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
        if whole < 86_400 { return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min" }
        return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
    }

    /// `1,234,567`.
    static func grouped(_ value: Int) -> String {
        var text = ""
        for (place, digit) in String(value.magnitude).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// `1.5 GiB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1000 { return (unit == "B" ? fixed(value, 0) : fixed(value, value < 10 ? 1 : 0)) + " " + unit }
            value /= 1024
        }
        return fixed(value, 1) + " TiB"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

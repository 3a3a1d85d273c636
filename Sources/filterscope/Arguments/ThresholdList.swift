/// Thresholds on a command line: `0.1,0.2,0.4`.
enum ThresholdList {
    static func parse(_ text: String, of option: String, _ arguments: ParsedArguments) throws -> [Double] {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.allSatisfy({ $0.map { $0 >= 0.001 && $0 < 1 } == true }) else {
            throw arguments.usageError("\(option) needs numbers from 0.001 up and below 1, separated by commas, not \"\(text)\"")
        }
        return Set(numbers.compactMap { $0 }).sorted()
    }
}

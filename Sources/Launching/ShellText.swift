/// A word as every POSIX shell takes it, whatever it holds.
func shellWord(_ text: String) -> String { "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'" }

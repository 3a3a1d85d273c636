/// The version of this program: what `filterscope --version` prints and every run records.
public let programVersion = "0.1.0"

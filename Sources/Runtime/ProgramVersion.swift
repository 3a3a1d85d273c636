/// Of the program as a whole.
public let programVersion = "0.1.0"

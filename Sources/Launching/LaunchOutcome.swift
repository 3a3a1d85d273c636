/// What became of one machine.
public struct LaunchOutcome: Sendable, Equatable {
    public enum State: String, Sendable {
        /// Started now, and joined the coordinator.
        case up
        /// Had been started before.
        case running
        /// Started, and looks for the coordinator still.
        case waiting
        /// Not started.
        case failed
        /// Ended now.
        case ended
        /// Did not end in time after SIGTERM, and was killed.
        case killed
        /// Did not end in time, and was left.
        case lingers
        /// Had ended before.
        case absent
        /// Nothing is known, for nobody answered.
        case unreached = "not reached"
    }

    public var name: String
    public var destination: String
    public var state: State
    /// What went wrong, or the number of the process there.
    public var detail: String

    public var isGood: Bool { [.up, .running, .ended, .killed, .absent].contains(state) }
}

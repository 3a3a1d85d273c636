import Glibc

/// A mutex and a condition variable that waits by the monotonic clock: setting the wall clock neither shortens nor
/// stretches a wait.
final class MonotonicCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Wakes one waiter; `all` where the state has changed for every one.
    func signal(all: Bool = false) {
        if all { pthread_cond_broadcast(condition) } else { pthread_cond_signal(condition) }
    }

    /// Waits for a signal, at most until the deadline; may return early. Only inside `withLock`.
    func wait(until deadline: ContinuousClock.Instant) {
        let remaining = min(ContinuousClock.now.duration(to: deadline), .seconds(3600))
        guard remaining > .zero else { return }
        let (seconds, attoseconds) = remaining.components
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        time.tv_sec += Int(seconds)
        time.tv_nsec += Int(attoseconds / 1_000_000_000)
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_sec += 1
            time.tv_nsec -= 1_000_000_000
        }
        pthread_cond_timedwait(condition, mutex, &time)
    }
}

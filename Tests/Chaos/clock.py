"""Time in which this driver itself was running: whatever freezes the whole machine for a while is no fault of the program."""
import threading
import time


class ActiveClock:
    """A clock that counts steps of a twentieth of a second and leaves out what a step took longer than a quarter."""

    STEP = 0.05
    LONGEST = 0.25

    def __init__(self):
        self._seconds = 0.0
        self._lock = threading.Lock()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        last = time.monotonic()
        while True:
            time.sleep(self.STEP)
            now = time.monotonic()
            with self._lock:
                self._seconds += min(now - last, self.LONGEST)
            last = now

    def now(self):
        with self._lock:
            return self._seconds


clock = ActiveClock()


class Fault(Exception):
    """The program did what it must not do."""


def wait_until(what, condition, seconds):
    """Looks again and again until the condition holds; a Fault after so many seconds of active time."""
    deadline = clock.now() + seconds
    while True:
        value = condition()
        if value:
            return value
        if clock.now() > deadline:
            raise Fault(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)

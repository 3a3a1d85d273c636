"""Processes under test: started, watched, signalled, and never left behind."""
import ctypes
import os
import re
import signal
import subprocess
import time

from clock import Fault

LIBC = ctypes.CDLL("libc.so.6", use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

# What a program says when it fell over, rather than stopped.
LAST_WORDS = re.compile(r"Fatal error|Precondition failed|Assertion fail|Thread \d+ crashed|terminate called|Segmentation")


def become_subreaper():
    """Orphans of processes under test become children of this driver, so that none is overlooked."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Managed:
    """One process with its standard error in a file."""

    started = set()

    def __init__(self, name, arguments, stderr_path, environment=None, directory=None, before=None, own_group=False):
        """before: called in the child before the program starts."""
        self.name = name
        self.arguments = arguments
        self.stderr_path = stderr_path
        # Why it may end other than by itself with status 0: set by whoever disturbs it.
        self.excuse = None
        env = dict(os.environ)
        # A crash that prints pages of backtrace is as much of one without them.
        env["SWIFT_BACKTRACE"] = "enable=no"
        env.update(environment or {})
        parent = os.getpid()

        def prepare():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)
            if before:
                before()

        with open(stderr_path, "ab") as stderr:
            self.offset = stderr.tell()
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, env=env, cwd=directory,
                preexec_fn=prepare, process_group=0 if own_group else None)
        self.started_at = time.time()
        Managed.started.add(self.process.pid)

    @property
    def pid(self):
        return self.process.pid

    @property
    def status(self):
        """None while it runs; the exit status, or minus the signal that ended it."""
        return self.process.poll()

    @property
    def is_running(self):
        return self.status is None

    def send(self, number):
        if self.is_running:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def kill(self, excuse):
        self.excuse = excuse
        self.send(signal.SIGKILL)
        self.process.wait()

    def excuse_killing(self):
        """It is about to be killed; that it fell over for want of memory stays the reason."""
        if not (self.excuse or "").startswith("memory"):
            self.excuse = "killed"

    def left_in_order(self, number):
        """After a signal: 0 where the run was over in the same moment; the signal itself where the process had just been started."""
        return self.status in (0, 130) or (self.status == -number and "joined" not in self.said())

    def said(self):
        """What it has written, by this process alone."""
        try:
            with open(self.stderr_path, "rb") as file:
                file.seek(self.offset)
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def require_no_last_words(self):
        words = LAST_WORDS.search(self.said())
        if words:
            raise Fault(f"{self.name} fell over: {self.said()[max(0, words.start() - 200):words.start() + 600]}")


def children(parent):
    """The living children of a process, as /proc tells."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == str(parent) and fields[0] != "Z":
            found.append(int(entry))
    return found


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def reap_orphans():
    """Takes the ends of processes that were not started here and fell to us."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) in Managed.started:
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            if fields[1] == str(os.getpid()) and fields[0] == "Z":
                os.waitpid(int(entry), os.WNOHANG)
        except (OSError, ChildProcessError):
            continue

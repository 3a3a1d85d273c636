"""Runs processes to their end and watches them: peak memory of each, and how busy others kept the machine meanwhile."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
# Peaks only grow and steps repeat, so that a look now and then misses nothing but the process's last moments.
LOOK_SECONDS = 0.2


@dataclasses.dataclass
class Watched:
    """Processes that ended well."""

    # Standard output of each command, in order.
    outputs: list
    # The sum of every process's own peak of resident memory, those that the commands started among them.
    peak_bytes: int
    # That peak of each process, the largest first.
    process_bytes: list
    # Cores' worth of time that neither these processes nor idling took: other programs, and what a hypervisor kept.
    others_cores: float
    seconds: float


class Failed(Exception):
    """A process that ended with another code than 0; the text says which and its last words."""


def watch(commands, environments, directory=None):
    """Runs the commands at the same time, each in its environment; raises Failed if one fails, and ends the others."""
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
        files = [(open(pathlib.Path(folder, f"{n}.out"), "w+"), open(pathlib.Path(folder, f"{n}.err"), "w+"))
                 for n in range(len(commands))]
        start, busy = time.monotonic(), _machine_seconds()
        own = _children_seconds()
        processes = []
        try:
            for command, environment, (out, err) in zip(commands, environments, files):
                processes.append(subprocess.Popen(
                    [str(word) for word in command], env=environment, stdout=out, stderr=err, cwd=directory))
            peaks = _follow(processes, commands, files)
        finally:
            for process in processes:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
        seconds = time.monotonic() - start
        others = (_machine_seconds() - busy) - (_children_seconds() - own)
        for out, _ in files:
            out.seek(0)
        outputs = [out.read() for out, _ in files]
        for out, err in files:
            out.close()
            err.close()
    return Watched(outputs, sum(peaks.values()), sorted(peaks.values(), reverse=True), max(0.0, others / seconds), seconds)


def _follow(processes, commands, files):
    """Bytes of each process's peak, until all have ended."""
    peaks = {}
    while True:
        for pid in _family({process.pid for process in processes}):
            peak = _peak_bytes(pid)
            if peak:
                peaks[pid] = max(peaks.get(pid, 0), peak)
        codes = [process.poll() for process in processes]
        for command, code, (_, err) in zip(commands, codes, files):
            if code:
                err.seek(0)
                words = " ".join(str(word) for word in command)
                raise Failed(f"ended with code {code}: {words}\n{err.read().strip()[-2000:]}")
        if None not in codes:
            return peaks
        time.sleep(LOOK_SECONDS)


def _family(roots):
    """These processes and all their descendants, but for copies of a process that have not become a program yet.

    Such a copy shares its memory with the process that made it, which would count twice.
    """
    parents = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                # The name in parentheses may itself hold spaces and parentheses.
                fields = pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
            except (OSError, IndexError, ValueError):
                continue
    family = {pid for pid in roots if pid in parents}
    while True:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        if not more:
            return {pid for pid in family if pid in roots or _words(pid) != _words(parents[pid])}
        family |= more


def _words(pid):
    """The command line; empty when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _peak_bytes(pid):
    """VmHWM; 0 when the process is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _machine_seconds():
    """Processor seconds that all cores together did not idle since the machine started, steal included."""
    first = pathlib.Path("/proc/stat").read_text().split("\n")[0]
    user, nice, system, _, _, interrupt, soft, steal = map(int, first.split()[1:9])
    return (user + nice + system + interrupt + soft + steal) / TICK


def _children_seconds():
    """Processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

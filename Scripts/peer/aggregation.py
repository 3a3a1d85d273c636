"""The line `aggregation`: gradients of two processes added up and with both again, beside gloo's all-reduce of the same size."""

import dataclasses
import json
import statistics

from peer.environment import our_environment, torch_environment
from peer.report import BUSY, span
from peer.sides import free_port
from peer.watch import watch

NAME = "aggregation"
# What the ratios are against.
GLOO = "gloo"
SIDES = {
    GLOO: "PyTorch's all_reduce over gloo, 127.0.0.1",
    "memory": "Filterscope on one machine: in memory in common",
    "ipc": "Filterscope in frames through a Unix domain socket",
    "tcp": "Filterscope in frames over 127.0.0.1, as between machines",
    "curve": "the same encrypted, as between machines with keys",
}
NOTES = """\
ms: the median over the rounds, and the least and the greatest; a round's figure is the median of its runs, each from the
first process's start of sending to the last one's having the sum. ratio: gloo's median over the line's: above 1 is faster.
MB: through sockets in a run; gloo's by its algorithm. MiB: greatest peak of all processes (Filterscope's coordinator among
them) in any round, memory in common counted once, PyTorch itself included."""


@dataclasses.dataclass(frozen=True)
class Exchange:
    """What every side does: a star of worker processes of one thread, or as many ranks of gloo."""

    megabytes: int = 60
    workers: int = 2
    threads: int = 1
    runs: int = 20


@dataclasses.dataclass
class Measurement:
    """What one side did in one round."""

    milliseconds: float
    peak_bytes: int
    megabytes_sent: float
    others_cores: float
    seconds: float
    # What the program itself printed.
    report: dict


class Aggregation:
    """Measures the sides in turn and keeps what they did."""

    def __init__(self, root, program, python, machine, settings):
        self.root, self.program, self.python = root, program, python
        self.machine, self.settings = machine, settings
        self.exchange = Exchange()
        self.rounds = {side: [] for side in SIDES}

    def run(self, rounds, say):
        for number in range(1, rounds + 1):
            for side, done in self.rounds.items():
                done.append(self._gloo() if side == GLOO else self._filterscope(side))
            last = {side: done[-1] for side, done in self.rounds.items()}
            busy = [side for side, one in last.items() if one.others_cores > BUSY]
            say(f"round {number} of {rounds}, {NAME}: "
                + ", ".join(f"{side} {one.milliseconds:.1f}" for side, one in last.items()) + " ms"
                + (f"; busy: other programs ran beside {' and '.join(busy)}" if busy else ""))

    def _filterscope(self, transport):
        exchange = self.exchange
        watched = watch([[
            self.program, "bench", "aggregation", "--megabytes", exchange.megabytes, "--workers", exchange.workers,
            "--runs", exchange.runs, "--transport", transport, "--json"]], [our_environment()])
        report = json.loads(watched.outputs[0])
        # Looked at from outside, memory in common would count in every process.
        return Measurement(
            report["milliseconds"], report["peak_memory_bytes"], report["bytes_per_run"] / 1e6, watched.others_cores,
            watched.seconds, report)

    def _gloo(self):
        exchange, port = self.exchange, free_port()
        command = [self.python, "-m", "peer.gloo_process", exchange.megabytes, exchange.runs]
        environments = [torch_environment(self.root, exchange, rank, port) for rank in range(exchange.workers)]
        watched = watch([command] * exchange.workers, environments)
        report = json.loads(watched.outputs[0])
        # A ring: every process sends its part of the vector on, once for adding up and once for the sum, and so on round.
        sent = 2 * (exchange.workers - 1) * exchange.megabytes
        return Measurement(
            report["milliseconds"], watched.peak_bytes, sent, watched.others_cores, watched.seconds, report)

    def median(self, side):
        return statistics.median(one.milliseconds for one in self.rounds[side])

    def peak_bytes(self, side):
        return max(one.peak_bytes for one in self.rounds[side])

    @property
    def is_measured(self):
        """Whether every side was, at least once."""
        return all(self.rounds.values())

    def table(self):
        lines = [[NAME, "ms", "ratio", "MB", "MiB"]]
        for side in SIDES:
            lines.append([
                side, span([one.milliseconds for one in self.rounds[side]], 1), f"{self.median(GLOO) / self.median(side):.2f}",
                f"{self.rounds[side][-1].megabytes_sent:.0f}", f"{self.peak_bytes(side) / 2**20:.0f}"])
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        text = ["  ".join(word.ljust(width) if column == 0 else word.rjust(width)
                          for column, (word, width) in enumerate(zip(line, widths))).rstrip() for line in lines]
        exchange = self.exchange
        details = [f"{exchange.megabytes} MB from each of {exchange.workers} processes of {exchange.threads} thread, "
                   f"{exchange.runs} runs a round"]
        busy = [side for side in SIDES if any(one.others_cores > BUSY for one in self.rounds[side])]
        warning = [f"warning: other programs took more than {BUSY} of a core in some rounds of {', '.join(busy)}"] if busy else []
        return "\n".join([*text, "", *details, *(f"{side}: {SIDES[side]}" for side in SIDES), "", NOTES, *warning])

    def as_json(self):
        return {
            "machine": self.machine, "settings": {**self.settings, **dataclasses.asdict(self.exchange)},
            "sides": {
                side: {
                    "milliseconds": self.median(side), "ratio": self.median(GLOO) / self.median(side),
                    "peak_memory_bytes": self.peak_bytes(side), "rounds": [dataclasses.asdict(one) for one in done],
                } for side, done in self.rounds.items()
            },
        }

"""One measurement of each side: a process of its own, or the processes of a cluster."""

import dataclasses
import json
import pathlib
import socket

from peer.environment import our_environment, torch_environment
from peer.watch import watch


@dataclasses.dataclass
class Measurement:
    """What one side did in one round."""

    images_per_second: float
    # The sum of every process's own peak.
    peak_bytes: int
    process_bytes: list
    # Cores' worth of work of other programs meanwhile.
    others_cores: float
    seconds: float
    # What the program itself printed.
    report: dict


class Filterscope:
    """`filterscope bench`, in one process or with a cluster on this machine."""

    def __init__(self, program):
        self.program = pathlib.Path(program)

    def command(self, configuration):
        words = [
            self.program, "bench", configuration.subject, "--model", configuration.model, "--width", configuration.width,
            "--classifier", configuration.classifier, "--size", configuration.size, "--batch", configuration.batch,
            "--labels", configuration.labels, "--threads", configuration.threads, "--runs", configuration.runs, "--json",
        ]
        return words + (["--workers", configuration.workers] if configuration.workers else [])

    def measure(self, configuration):
        watched = watch([self.command(configuration)], [our_environment()])
        return _measurement(watched, json.loads(watched.outputs[0]))


class Torch:
    """PyTorch in one process, or DistributedDataParallel in one for each of the cluster's workers."""

    def __init__(self, root, python):
        self.root = root
        self.python = pathlib.Path(python)

    def measure(self, configuration):
        command = [self.python, "-m", "peer.torch_process", json.dumps(dataclasses.asdict(configuration))]
        processes = max(1, configuration.workers)
        port = free_port() if configuration.workers else 0
        environments = [torch_environment(self.root, configuration, rank, port) for rank in range(processes)]
        watched = watch([command] * processes, environments)
        # Every rank measures the same runs between the same barriers; rank 0's figure stands for all.
        return _measurement(watched, json.loads(watched.outputs[0]))


def _measurement(watched, report):
    return Measurement(
        report["images_per_second"],
        # The program's own last word can be later than the last look from outside.
        max(watched.peak_bytes, report["peak_memory_bytes"]) if len(watched.process_bytes) < 2 else watched.peak_bytes,
        watched.process_bytes, watched.others_cores, watched.seconds, report)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]

"""One process of PyTorch's side: times a configuration and prints its figures as one line of JSON.

    python -m peer.torch_process CONFIGURATION      (JSON, with the fields of configurations.Configuration)

bench-peer starts it, one for a configuration without workers and one for each process of DistributedDataParallel.
"""

import contextlib
import json
import math
import resource
import statistics
import sys
import time

import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel

from peer.configurations import Configuration
from peer.networks import folded, make_network


def inputs(configuration, share):
    """Random images, uniform in [-1, 1), and labels of this process's share of the mini-batch."""
    images = torch.rand(share, 3, configuration.size, configuration.size).mul_(2).sub_(1)
    return images.to(memory_format=torch.channels_last), torch.arange(share) % configuration.labels


def inference_step(configuration, share):
    network = folded(make_network(configuration))
    images, _ = inputs(configuration, share)

    def step():
        with torch.inference_mode():
            network(images)

    return step


def training_step(configuration, share):
    network = make_network(configuration).train()
    if configuration.workers:
        # Running statistics of rank 0 are good enough for all, and need not be sent in each step.
        network = DistributedDataParallel(
            network, gradient_as_bucket_view=True, static_graph=True, broadcast_buffers=False)
    images, labels = inputs(configuration, share)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9175, weight_decay=1e-3, nesterov=True, fused=True)
    loss = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(network(images), labels).backward()
        optimizer.step()

    return step


def agreed(number, workers):
    """Rank 0's number in every process."""
    if not workers:
        return number
    value = torch.tensor([number])
    torch.distributed.broadcast(value, 0)
    return int(value.item())


def barrier(workers):
    if workers:
        torch.distributed.barrier()


def time_runs(step, configuration):
    """Images per second of each run: like `filterscope bench`, steps that take about a second, after some that warm up."""
    # Three: the first two also choose algorithms, build caches and DDP's buckets.
    for _ in range(2):
        step()
    start = time.perf_counter()
    step()
    steps = agreed(max(1, math.ceil(1 / (time.perf_counter() - start))), configuration.workers)
    runs = []
    for _ in range(configuration.runs):
        barrier(configuration.workers)
        start = time.perf_counter()
        for _ in range(steps):
            step()
        barrier(configuration.workers)
        runs.append(steps * configuration.batch / (time.perf_counter() - start))
    return runs


@contextlib.contextmanager
def process_group(workers):
    """gloo over loopback; who and where, the environment says as torchrun sets it."""
    if workers:
        torch.distributed.init_process_group("gloo")
    try:
        yield torch.distributed.get_rank() if workers else 0
    finally:
        if workers:
            torch.distributed.destroy_process_group()


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    configuration = Configuration(**json.loads(sys.argv[1]))
    torch.set_num_threads(configuration.threads)
    imported = peak_bytes()
    with process_group(configuration.workers) as rank:
        processes = max(1, configuration.workers)
        share = configuration.batch // processes + (rank < configuration.batch % processes)
        make_step = training_step if configuration.subject == "training" else inference_step
        runs = time_runs(make_step(configuration, share), configuration)
    print(json.dumps({
        "images_per_second": statistics.median(runs), "runs": runs, "peak_memory_bytes": peak_bytes(),
        "after_import_bytes": imported, "threads": torch.get_num_threads(), "torch": torch.__version__,
        "cuda": torch.version.cuda, "capability": torch.backends.cpu.get_cpu_capability(),
        "mkldnn": torch.backends.mkldnn.is_available(),
    }))


if __name__ == "__main__":
    main()

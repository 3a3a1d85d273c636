"""One process of gloo's side of the line `aggregation`: times all-reduces and prints their figures as one line of JSON.

    python -m peer.gloo_process MEGABYTES RUNS

bench-peer starts one for each rank. As in `filterscope bench aggregation`, a run lasts from the first process's start to the
last one's having the sum, on the clock that all processes of a machine share.
"""

import json
import resource
import statistics
import sys
import time

import torch
import torch.distributed as distributed

# Connections and memory are made in them.
WARM_UP = 3


def main():
    megabytes, runs = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank, processes = distributed.get_rank(), distributed.get_world_size()
    gradient = torch.empty(megabytes * 250_000)
    expected = processes * (processes + 1) / 2
    times = []
    for _ in range(WARM_UP + runs):
        gradient.fill_(rank + 1)
        distributed.barrier()
        start = time.clock_gettime(time.CLOCK_MONOTONIC)
        distributed.all_reduce(gradient)
        times.append((start, time.clock_gettime(time.CLOCK_MONOTONIC)))
        if gradient[0] != expected or gradient[-1] != expected:
            sys.exit(f"rank {rank}: the sum is wrong")
    own = torch.tensor(times, dtype=torch.float64)
    everyone = [torch.empty_like(own) for _ in range(processes)]
    distributed.all_gather(everyone, own)
    starts, ends = (torch.stack([times[:, column] for times in everyone]) for column in (0, 1))
    milliseconds = ((ends.amax(0) - starts.amin(0)) * 1000)[WARM_UP:].tolist()
    distributed.destroy_process_group()
    print(json.dumps({
        "milliseconds": statistics.median(milliseconds), "runs": milliseconds, "torch": torch.__version__,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


if __name__ == "__main__":
    main()

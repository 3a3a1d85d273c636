"""How soon work goes on: from the death of one of two workers to the next finished step, and from the coordinator's restart."""
import os
import random
import signal
import statistics
import time

import journal
from clock import Fault
from disks import Folder
from processes import children, command_of
from trial import RECIPE, SOCKET, LocalTrial, Trial

LARGE = {
    **RECIPE, "dataset": "fashion-mnist?train=1000&test=200&size=32", "model": {"name": "vgg16", "width": 64},
    "training": {"epochs": 1000, "translation": 2, "evaluateEvery": 0},
    "cluster": {"unitAttempts": 1000},
}
SMALL = {**RECIPE, "training": {**RECIPE["training"], "epochs": 100_000, "evaluateEvery": 0}, "cluster": {"unitAttempts": 1000}}


def last_step(run):
    """(highest finished step, when its last unit was taken in, by the wall clock)"""
    rows = journal.query(
        run + "/run.sqlite", "SELECT step, max(finished_at) FROM units WHERE phase = 'training' GROUP BY step ORDER BY step DESC LIMIT 1")
    return rows[0] if rows else (-1, 0.0)


def wait_for_step(run, above, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        step, _ = last_step(run)
        if step > above:
            return step, time.time()
        time.sleep(0.005)
    raise Fault(f"no step after {above} within {seconds} s")


def worker_killed(trial, kill, count, pause):
    """Seconds from the signal to the end of the first step that was not finished before it."""
    taken = []
    for _ in range(count):
        step, _ = wait_for_step(trial.run, last_step(trial.run)[0])
        time.sleep(pause + random.uniform(0, 0.3))
        before = last_step(trial.run)[0]
        began = time.time()
        kill()
        # The step that was all but finished counts; the next one needs units of the dead one dealt again.
        _, first = wait_for_step(trial.run, before)
        _, second = wait_for_step(trial.run, before + 1)
        taken.append((first - began, second - began))
        time.sleep(pause)
    return taken


def tell(what, taken):
    first, second = zip(*taken)
    print(f"{what}: next finished step after {statistics.median(first):.2f} s (most {max(first):.2f}), the one after it "
          f"{statistics.median(second):.2f} s (most {max(second):.2f}), {len(taken)} times", flush=True)


def step_seconds(run):
    rows = journal.query(run + "/run.sqlite", "SELECT max(finished_at) FROM units WHERE phase = 'training' GROUP BY step ORDER BY step")
    gaps = [b[0] - a[0] for a, b in zip(rows, rows[1:])]
    return statistics.median(gaps) if gaps else float("nan")


def main(options, program, folder, say):
    for name, recipe, count in (("vgg11 width 4", SMALL, 8), ("vgg16 width 64", LARGE, 5)):
        if options.kind and options.kind not in name:
            continue
        label = name.replace(" ", "-")
        # Workers of the run's own: the death of a process is seen.
        os.makedirs(f"{folder}/{label}-local")
        trial = LocalTrial(program, f"{folder}/{label}-local", Folder(f"{folder}/{label}-local/disk"), say, recipe)
        trial.start(random)
        try:
            wait_for_step(trial.run, 1)
            tell(f"{name}, own worker killed", worker_killed(
                trial, lambda: os.kill(random.choice(trial.own_workers()), signal.SIGKILL), min(count, 5), 1.5))
            print(f"{name}: a step takes {step_seconds(trial.run):.3f} s", flush=True)
        finally:
            trial.close()
        # Workers from elsewhere: nothing but their connection tells.
        os.makedirs(f"{folder}/{label}-remote")
        trial = Trial(program, f"{folder}/{label}-remote", Folder(f"{folder}/{label}-remote/disk"), say, recipe)
        trial.start_coordinator(resume=False)
        trial.start_worker(environment=SOCKET)
        trial.start_worker(environment=SOCKET)
        try:
            wait_for_step(trial.run, 1)

            def kill():
                worker = random.choice(trial.workers)
                worker.process.kill("killed")
                trial.remove_worker(worker)

            def kill_and_replace():
                kill()
                trial.start_worker(environment=SOCKET)

            tell(f"{name}, worker from elsewhere killed", worker_killed(trial, kill_and_replace, min(count, 5), 1.5))
            taken = []
            for _ in range(min(count, 4)):
                wait_for_step(trial.run, last_step(trial.run)[0] + 1)
                trial.kill_coordinator()
                before = journal.query(trial.run + "/run.sqlite", "SELECT max(id) FROM units")[0][0]
                time.sleep(1)
                began = time.time()
                trial.start_coordinator(resume=True)
                while (journal.query(trial.run + "/run.sqlite", "SELECT max(id) FROM units") or [[0]])[0][0] <= before:
                    if time.time() - began > 120:
                        raise Fault("no step within 120 s of the coordinator's restart")
                    time.sleep(0.01)
                taken.append((time.time() - began,) * 2)
            tell(f"{name}, coordinator started again", taken)
        finally:
            trial.close()
    return 0

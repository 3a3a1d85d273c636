"""One run under test: a coordinator, workers behind proxies, and what may be expected of them."""
import json
import os
import re
import signal
import socket
import subprocess

import journal
from clock import Fault, clock, wait_until
from processes import Managed, children, command_of, reap_orphans
from proxy import Proxy

# Small enough for seconds, long enough to be disturbed in the middle. A lost worker is missed soon.
TIMEOUT = 3.0
RECIPE = {
    "name": "chaos",
    "dataset": "fashion-mnist?train=1000&test=200",
    "model": {"name": "vgg11", "width": 4},
    "training": {"epochs": 20, "translation": 2, "evaluateEvery": 5},
    "heads": {"epochs": 6, "augment": False},
    "report": {"chosenFilters": 1},
    "cluster": {"heartbeatSeconds": 0.25, "workerTimeoutSeconds": TIMEOUT, "unitAttempts": 1000},
    "checkpoints": {"everySteps": 5, "keep": 3},
}
# Longer than any wait here: who gives up earlier does so by mistake.
PATIENCE = 900
SHARED, SOCKET = {}, {"FILTERSCOPE_SHARED_MEMORY": "0"}


def free_port(host="127.0.0.1"):
    with socket.socket() as one:
        one.bind((host, 0))
        return one.getsockname()[1]


class Worker:
    def __init__(self, name, proxy, process):
        self.name = name
        self.proxy = proxy
        self.process = process
        # Whether a fault is at it, so that another leaves it alone.
        self.is_busy = False


class Trial:
    """`filterscope coordinator` with workers of this driver's."""

    first_workers = 2
    most_workers = 4

    def __init__(self, program, folder, disk, say, recipe=RECIPE, host="127.0.0.1"):
        self.program = program
        self.folder = folder
        self.disk = disk
        self.say = say
        self.run = disk.path + "/run"
        self.host = host
        self.port = free_port(host)
        self.recipe = folder + "/recipe.json"
        self.keep = recipe["checkpoints"]["keep"]
        with open(self.recipe, "w") as file:
            json.dump(recipe, file, indent=1)
        self.environment = {"FILTERSCOPE_CACHE": folder + "/cache"}
        self.coordinator = None
        self.workers = []
        self.all_processes = []
        self.next_worker = 1
        # What the last death of the coordinator left, until a new one has said what it goes on from.
        self.image = None
        self.is_exclusive = False
        self.is_over = False
        self.resumed = 0

    # Coordinator

    def start_coordinator(self, resume):
        arguments = [self.program, "coordinator", self.recipe, "--bind", f"tcp://{self.host}:{self.port}", "--run", self.run]
        self._start_coordinator(arguments, resume)

    def _start_coordinator(self, arguments, resume):
        if resume:
            arguments = arguments + ["--resume"]
            self.resumed += 1
        self.coordinator = Managed(
            "coordinator", arguments, self.folder + "/coordinator.stderr", environment=self.environment, own_group=True)
        self.all_processes.append(self.coordinator)

    def wait_for_coordinator(self):
        """Until it says that it begins or goes on; it must go on from the newest checkpoint that was left."""
        coordinator, image = self.coordinator, self.image

        def begun():
            if re.search(r"run (begins|goes on)", coordinator.said()):
                return True
            if not coordinator.is_running:
                raise Fault(f"the coordinator ended with {coordinator.status}: {coordinator.said()[-800:]}")
            return False

        wait_until("the coordinator begins", begun, 60)
        if image and image.newest:
            wanted = f"checkpoint={image.newest[0]}"
            wait_until(
                f"it goes on from {image.newest[0]}",
                lambda: "resuming" in coordinator.said() or not coordinator.is_running, 60)
            if wanted not in coordinator.said():
                raise Fault(f"it does not go on from {image.newest[0]}: {coordinator.said()[-800:]}")
        self.image = None

    def kill_coordinator(self):
        self.coordinator.kill("killed")
        self.look_at_image()

    def look_at_image(self):
        self.image = journal.Image(self.run)

    # Workers

    def start_worker(self, prefix="worker", environment=SHARED, before=None, scratch=None):
        name = f"{prefix}-{self.next_worker}"
        self.next_worker += 1
        proxy = self.make_link()
        directory = scratch or self.folder
        environment = {**environment, **self.environment}
        if scratch:
            environment.update({"TMPDIR": scratch, "HOME": scratch, "FILTERSCOPE_CACHE": scratch + "/cache"})
        process = Managed(
            name, self.command_line(proxy, name), f"{directory}/{name}.stderr", environment=environment, directory=directory,
            before=before)
        worker = Worker(name, proxy, process)
        self.workers.append(worker)
        self.all_processes.append(process)
        return worker

    def make_link(self):
        return Proxy((self.host, self.port))

    def command_line(self, proxy, name):
        return [
            self.program, "worker", "--connect", proxy.endpoint, "--name", name, "--threads", "1", "--give-up", str(PATIENCE),
        ]

    def start(self, random):
        self.start_coordinator(resume=False)
        for _ in range(self.first_workers):
            self.start_worker(environment=random.choice([SHARED, SOCKET]))

    def remove_worker(self, worker):
        if worker in self.workers:
            self.workers.remove(worker)
            worker.proxy.close()

    def living(self):
        return [worker for worker in self.workers if worker.process.is_running and not worker.is_busy]

    def pick(self, random):
        """A worker that no other fault is at; None where there is none."""
        some = self.living()
        return random.choice(some) if some else None

    def tick(self, random):
        """Looks after processes: who ended without being disturbed has failed, who was killed is replaced."""
        reap_orphans()
        for worker in list(self.workers):
            process = worker.process
            if process.is_running or worker.is_busy:
                continue
            self.remove_worker(worker)
            process.require_no_last_words() if process.excuse is None else None
            self.require_excused(process)
        if self.is_exclusive or self.is_over:
            return
        if not self.coordinator.is_running:
            if self.coordinator.status == 0:
                self.is_over = True
                return
            raise Fault(f"the coordinator ended by itself with {self.coordinator.status}: {self.coordinator.said()[-1500:]}")
        # Those that nothing is done to must be two, so that the run goes on whatever the others are made to suffer.
        if len(self.living()) < self.first_workers and len(self.workers) < self.most_workers + 2:
            self.start_worker(environment=random.choice([SHARED, SOCKET]))

    def require_excused(self, process):
        """A worker ends with 0 when the run does, is interrupted or fails; any other end must be of our making."""
        if process.excuse is None and process.status != 0:
            raise Fault(f"{process.name} ended by itself with {process.status}: {process.said()[-1000:]}")

    # The end

    def finish(self):
        """After the coordinator's end: everybody leaves, nothing is left."""
        for worker in self.workers:
            worker.process.send(signal.SIGCONT)
            worker.proxy.set("pass")
        deadline = clock.now() + 3
        while clock.now() < deadline and any(worker.process.is_running for worker in self.workers):
            wait_until("", lambda: True, 1)
        for worker in self.workers:
            # Whoever was cut off when the end was told looks for a coordinator still.
            if worker.process.is_running:
                worker.process.excuse = worker.process.excuse or "asked to leave"
                worker.process.send(signal.SIGTERM)
        for worker in list(self.workers):
            wait_until(f"{worker.name} leaves when it is asked to", lambda: not worker.process.is_running, 20)
            if worker.process.excuse == "asked to leave" and not worker.process.left_in_order(signal.SIGTERM):
                raise Fault(f"{worker.name} was asked to leave and ended with {worker.process.status}")
            self.require_excused(worker.process)
            self.remove_worker(worker)
        for process in self.all_processes:
            if not (process.excuse or "").startswith("memory"):
                process.require_no_last_words()
        wait_until("no process is left: " + ", ".join(command_of(pid) for pid in self.strangers()), self.nobody_is_left, 40)
        journal.require_no_leftovers(self.run, self.keep)
        self.require_no_sockets()

    def strangers(self):
        return [pid for pid in children(os.getpid()) if pid not in (process.pid for process in self.all_processes)
                and self.program in command_of(pid)]

    def nobody_is_left(self):
        reap_orphans()
        return not self.strangers() and not any(process.is_running for process in self.all_processes)

    def require_no_sockets(self):
        for process in self.all_processes:
            left = f"/tmp/filterscope-{process.pid}"
            # Numbers come up again: one that is older is another program's.
            if os.path.exists(left) and os.path.getmtime(left) >= process.started_at - 1:
                raise Fault(f"{left} is left over: {os.listdir(left)}")

    def close(self):
        for process in self.all_processes:
            if process.is_running:
                process.send(signal.SIGKILL)
                process.process.wait()
        for pid in self.strangers():
            os.kill(pid, signal.SIGKILL)
        for worker in list(self.workers):
            self.remove_worker(worker)


class LocalTrial(Trial):
    """`filterscope run`, which starts, watches and ends its own workers."""

    def start_coordinator(self, resume):
        arguments = [self.program, "run", self.recipe, "--workers", "2", "--threads", "1", "--run", self.run]
        self._start_coordinator(arguments, resume)
        # Each process is started again three times at most.
        self.kills_left = 3

    def start(self, random):
        self.start_coordinator(resume=False)

    def tick(self, random):
        reap_orphans()
        if self.is_exclusive or self.is_over or self.coordinator.is_running:
            return
        if self.coordinator.status == 0:
            self.is_over = True
            return
        raise Fault(f"the run ended by itself with {self.coordinator.status}: {self.coordinator.said()[-1500:]}")

    def own_workers(self):
        return [pid for pid in children(self.coordinator.pid) if "--supervised" in command_of(pid)]

"""Every kind of fault. Each is a generator over a trial: it does harm, says how long it waits or for what, and mends.

A generator yields a number of seconds, or an `Until`. It may `return` a text that says what came of it."""
import os
import resource
import signal
import subprocess

from clock import Fault
from processes import children, command_of
from trial import RECIPE, SHARED, SOCKET, TIMEOUT


class Until:
    def __init__(self, what, condition, seconds):
        self.what, self.condition, self.seconds = what, condition, seconds


class Kind:
    def __init__(self, perform, places, weight):
        self.name = perform.__name__.replace("_", " ")
        self.perform, self.places, self.weight = perform, places, weight


KINDS = {}
REMOTE = ("folder", "small disk", "power disk", "namespaces")


def kind(*places, weight=1):
    def register(perform):
        made = Kind(perform, places, weight)
        KINDS[made.name] = made
        return perform
    return register


# MARK: Workers

def with_worker(harm):
    """The fault of one worker, to which no other is done meanwhile."""
    def perform(trial, random, log):
        # Right after a restart none may be there.
        yield Until("a worker is free", lambda: trial.living() or trial.is_over, 120)
        worker = trial.pick(random)
        if worker is None or trial.is_over:
            return "the run was over"
        worker.is_busy = True
        log(target=worker.name)
        try:
            return (yield from harm(trial, worker, random, log))
        finally:
            worker.is_busy = False
    perform.__name__ = harm.__name__
    return perform


@kind(*REMOTE, weight=2)
@with_worker
def worker_killed(trial, worker, random, log):
    worker.process.kill("killed")
    yield random.uniform(0, 2)


def freeze(trial, worker, seconds, log):
    log(seconds=round(seconds, 2))
    worker.process.send(signal.SIGSTOP)
    yield seconds
    worker.process.send(signal.SIGCONT)


@kind(*REMOTE)
@with_worker
def worker_frozen(trial, worker, random, log):
    yield from freeze(trial, worker, random.uniform(0.2, 0.8 * TIMEOUT), log)


@kind(*REMOTE)
@with_worker
def worker_frozen_past_its_timeout(trial, worker, random, log):
    yield from freeze(trial, worker, random.choice([1.1 * TIMEOUT, random.uniform(1.1 * TIMEOUT, 20)]), log)


@kind(*REMOTE)
@with_worker
def worker_slow_by_ten(trial, worker, random, log):
    seconds = random.uniform(2, 8)
    log(seconds=round(seconds, 2))
    spent = 0.0
    try:
        while spent < seconds and worker.process.is_running:
            worker.process.send(signal.SIGSTOP)
            yield 0.27
            worker.process.send(signal.SIGCONT)
            yield 0.03
            spent += 0.3
    finally:
        worker.process.send(signal.SIGCONT)


def network(mode, least, most):
    def perform(trial, worker, random, log):
        seconds = random.uniform(least, most)
        late = random.uniform(0.02, 0.4) if mode == "delay" else 0
        log(seconds=round(seconds, 2), **({"late": round(late, 3)} if late else {}))
        worker.proxy.set(mode, late)
        try:
            yield seconds
        finally:
            # A stream that stood still goes on or breaks, as real ones do.
            if mode in ("stall", "up", "down") and random.random() < 0.5:
                worker.proxy.set("cut")
                yield 0.1
            worker.proxy.set("pass")
    return perform


for name, mode, least, most in [
    ("link cut", "cut", 0.05, 8), ("link refused", "refuse", 0.2, 8), ("link silent", "stall", 0.2, 12),
    ("link half open up", "up", 0.2, 10), ("link half open down", "down", 0.2, 10), ("link slow", "delay", 1, 8),
]:
    harm = network(mode, least, most)
    harm.__name__ = name.replace(" ", "_")
    kind(*REMOTE)(with_worker(harm))


def bad_link(mode, amounts):
    def perform(trial, worker, random, log):
        seconds, amount = random.uniform(2, 10), random.choice(amounts)
        log(seconds=round(seconds, 2), amount=amount)
        worker.proxy.set(mode, amount)
        yield seconds
        worker.proxy.set("pass")
    return perform


# Shares of packets, and bytes a second.
for name, mode, amounts in [
    ("link loses packets", "lossy", [0.02, 0.1, 0.3]), ("link narrow", "narrow", [125_000, 500_000, 2_000_000]),
]:
    harm = bad_link(mode, amounts)
    harm.__name__ = name.replace(" ", "_")
    kind("namespaces", weight=2)(with_worker(harm))


@kind(*REMOTE)
@with_worker
def worker_out_of_address_space(trial, worker, random, log):
    """No allocation of a running worker succeeds any more."""
    pid = worker.process.pid
    worker.process.excuse = "memory: limit of its address space"
    try:
        with open(f"/proc/{pid}/statm") as file:
            pages = int(file.read().split()[0])
        limit = pages * 4096 + random.choice([0, 1 << 20, 16 << 20])
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
    except OSError as error:
        return f"it had ended: {error}"
    log(limit_megabytes=limit >> 20)
    yield random.uniform(1, 4)
    outcome = f"it ended with {worker.process.status}" if worker.process.status is not None else "it had enough"
    worker.process.kill(worker.process.excuse)
    return outcome


CGROUP = "/sys/fs/cgroup/memory"


@kind(*REMOTE)
def worker_out_of_memory(trial, random, log):
    """A worker in a control group with too little memory: the kernel kills it, again and again."""
    group = f"{CGROUP}/filterscope-chaos-{os.getpid()}-{trial.next_worker}"
    try:
        os.makedirs(group)
        limit = random.choice([16, 24, 32, 48]) << 20
        with open(group + "/memory.limit_in_bytes", "w") as file:
            file.write(str(limit))
    except OSError as error:
        return f"left out: no control groups of memory here ({error})"
    log(limit_megabytes=limit >> 20)

    def enter():
        with open(group + "/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))

    ends = []
    for _ in range(3):
        worker = trial.start_worker("starved", random.choice([SHARED, SOCKET]), before=enter)
        worker.is_busy = True
        worker.process.excuse = "memory: limit of its control group"
        for _ in range(30):
            if not worker.process.is_running or trial.is_over:
                break
            yield 0.1
        ends.append(worker.process.status)
        worker.process.kill(worker.process.excuse)
        trial.remove_worker(worker)
    try:
        os.rmdir(group)
    except OSError:
        pass
    return f"ended with {ends}"


@kind(*REMOTE)
def worker_crashing_again_and_again(trial, random, log):
    lives = [random.uniform(0.2, 1.5) for _ in range(random.randint(3, 6))]
    log(lives=[round(life, 2) for life in lives])
    for life in lives:
        worker = trial.start_worker("crashing", random.choice([SHARED, SOCKET]))
        worker.is_busy = True
        yield life
        worker.process.kill("killed")
        trial.remove_worker(worker)


@kind(*REMOTE)
def worker_on_a_full_disk(trial, random, log):
    """All that it may write to is full: its folder, the folder for temporary files, standard error."""
    from disks import NoRights, SmallDisk
    try:
        disk = SmallDisk(f"{trial.folder}/full-{trial.next_worker}", 1)
    except NoRights as error:
        return f"left out: {error}"
    fills_first = random.random() < 0.5
    if fills_first:
        # Its standard error has a name there, and no byte of room.
        open(f"{disk.path}/full-{trial.next_worker}.stderr", "w").close()
        disk.fill()
    worker = trial.start_worker("full", random.choice([SHARED, SOCKET]), scratch=disk.path)
    worker.is_busy = True
    log(target=worker.name, filled_first=fills_first)
    try:
        yield random.uniform(0.5, 2)
        if not fills_first:
            disk.fill()
        # What it says now has no place.
        worker.proxy.set("cut")
        yield random.uniform(0.2, 1)
        worker.proxy.set("pass")
        yield random.uniform(1, 4)
        if worker.process.excuse:
            return "another fault ended it"
        if worker.process.status not in (None, 0):
            raise Fault(f"a worker that cannot write to its disk ended with {worker.process.status}")
        worker.process.excuse = "asked to leave"
        worker.process.send(signal.SIGTERM)
        yield Until("a worker on a full disk leaves when it is asked to", lambda: not worker.process.is_running, 20)
        if worker.process.excuse == "asked to leave" and not worker.process.left_in_order(signal.SIGTERM):
            raise Fault(f"a worker that cannot write to its disk was asked to leave and ended with {worker.process.status}")
    finally:
        worker.process.kill(worker.process.excuse or "killed")
        trial.remove_worker(worker)
        disk.close()


@kind(*REMOTE)
def worker_joins(trial, random, log):
    if len(trial.workers) >= trial.most_workers:
        return "there were enough"
    log(target=trial.start_worker(environment=random.choice([SHARED, SOCKET])).name)
    yield 0


@kind(*REMOTE)
@with_worker
def worker_leaves(trial, worker, random, log):
    number = random.choice([signal.SIGTERM, signal.SIGINT])
    log(signal=signal.Signals(number).name)
    worker.process.excuse = "asked to leave"
    worker.process.send(number)
    yield Until(f"{worker.name} leaves when it is asked to", lambda: not worker.process.is_running, 20)
    if worker.process.excuse == "asked to leave" and not worker.process.left_in_order(number):
        raise Fault(f"{worker.name} was asked to leave and ended with {worker.process.status}")


# MARK: The coordinator

def alone(harm):
    """What takes the coordinator down is done one at a time."""
    def perform(trial, random, log):
        yield Until("an earlier fault of the coordinator is over", lambda: not trial.is_exclusive or trial.is_over, 300)
        if trial.is_over or trial.coordinator.status == 0:
            return "the run was over"
        trial.is_exclusive = True
        try:
            return (yield from harm(trial, random, log))
        finally:
            trial.is_exclusive = False
    perform.__name__ = harm.__name__
    return perform


def start_again(trial):
    trial.start_coordinator(resume=True)
    trial.wait_for_coordinator()


@kind(*REMOTE, weight=3)
@alone
def coordinator_killed(trial, random, log):
    trial.kill_coordinator()
    if trial.coordinator.status == 0:
        return "the run was over"
    yield random.choice([0, random.uniform(0, 3)])
    start_again(trial)


@kind(*REMOTE)
@alone
def coordinator_killed_while_it_starts(trial, random, log):
    trial.kill_coordinator()
    if trial.coordinator.status == 0:
        return "the run was over"
    lives = [random.uniform(0, 0.4) for _ in range(3)]
    log(lives=[round(life, 2) for life in lives])
    for life in lives:
        trial.start_coordinator(resume=True)
        yield life
        trial.kill_coordinator()
        if trial.coordinator.status == 0:
            return "the run was over"
    start_again(trial)


@kind("folder", "small disk", "power disk", "local")
@alone
def coordinator_frozen(trial, random, log):
    seconds = random.choice([random.uniform(0.2, 0.8 * TIMEOUT), random.uniform(1.1 * TIMEOUT, 3 * TIMEOUT)])
    log(seconds=round(seconds, 2))
    trial.coordinator.send(signal.SIGSTOP)
    yield seconds
    trial.coordinator.send(signal.SIGCONT)


def stopped(trial, wanted, words):
    """The coordinator ends with a status and says what to do."""
    if trial.coordinator.status == 0:
        return False
    if trial.coordinator.status != wanted:
        raise Fault(f"the coordinator ended with {trial.coordinator.status}, not {wanted}: {trial.coordinator.said()[-800:]}")
    said = trial.coordinator.said()
    for word in words:
        if word not in said:
            raise Fault(f"\"{word}\" is missing in what the coordinator says at its end: {said[-800:]}")
    trial.look_at_image()
    return True


@kind(*REMOTE, "local", weight=2)
@alone
def coordinator_interrupted(trial, random, log):
    number = random.choice([signal.SIGTERM, signal.SIGINT])
    log(signal=signal.Signals(number).name)
    trial.coordinator.excuse = "asked to stop"
    trial.coordinator.send(number)
    yield Until("the coordinator stops when it is asked to", lambda: not trial.coordinator.is_running, 60)
    if not stopped(trial, 130, [f"--run {trial.run} --resume"] if "run begins" in trial.coordinator.said() or "run goes on" in trial.coordinator.said() else []):
        return "the run was over"
    yield random.choice([0, random.uniform(0, 3)])
    start_again(trial)


@kind(*REMOTE, "local")
@alone
def coordinator_interrupted_twice(trial, random, log):
    trial.coordinator.excuse = "asked to stop"
    pause = random.choice([0, 0.005, 0.05])
    log(pause=pause)
    trial.coordinator.send(signal.SIGINT)
    yield pause
    trial.coordinator.send(signal.SIGINT)
    yield Until("the coordinator stops at once", lambda: not trial.coordinator.is_running, 10)
    if not stopped(trial, 130, []):
        return "the run was over"
    start_again(trial)


# MARK: Everything

@kind(*REMOTE, weight=2)
@alone
def everything_killed(trial, random, log):
    for process in [trial.coordinator] + [worker.process for worker in trial.workers]:
        process.excuse_killing()
        process.send(signal.SIGKILL)
    trial.kill_coordinator()
    if trial.coordinator.status == 0:
        return "the run was over"
    yield random.uniform(0, 1)
    start_again(trial)


@kind("power disk", weight=6)
@alone
def power_cut(trial, random, log):
    trial.disk.write_probes()
    trial.coordinator.send(signal.SIGKILL)
    for worker in trial.workers:
        worker.process.excuse_killing()
        worker.process.send(signal.SIGKILL)
    trial.coordinator.kill("killed")
    if trial.coordinator.status == 0:
        return "the run was over"
    for worker in trial.workers:
        worker.process.process.wait()
    before = journal_position(trial)
    trial.disk.cut_power()
    trial.look_at_image()
    log(position=list(before), left=list(trial.image.position))
    yield random.uniform(0, 0.5)
    start_again(trial)
    return f"went on from {trial_newest(trial)}"


def journal_position(trial):
    import journal
    return journal.Image(trial.run).position


def trial_newest(trial):
    return "checkpoint" if "resuming" in trial.coordinator.said() else "the start"


@kind("small disk", weight=6)
@alone
def coordinator_disk_full(trial, random, log):
    coordinator = trial.coordinator
    coordinator.excuse = "disk full"
    log(filled=trial.disk.fill())
    yield Until("the coordinator stops for want of room", lambda: not coordinator.is_running, 60)
    if not stopped(trial, 1, ["disk is full", f"--run {trial.run} --resume"]):
        return "the run was over"
    if random.random() < 0.3:
        # Nothing was freed: it must say so again, and spoil nothing.
        trial.start_coordinator(resume=True)
        again = trial.coordinator
        again.excuse = "disk full"
        yield Until("the coordinator stops again", lambda: not again.is_running, 60)
        if not stopped(trial, 1, ["disk is full"]):
            return "the run was over"
    trial.disk.clear()
    start_again(trial)


# MARK: filterscope run and its own workers

def own_worker(trial, random):
    def some():
        return [] if trial.is_exclusive else trial.own_workers()

    yield Until("a worker is there", lambda: trial.is_over or some(), 120)
    return random.choice(some()) if some() else None


def signal_process(pid, number):
    """Where it still is the worker that was meant."""
    if "--supervised" in command_of(pid):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


@kind("local", weight=3)
def own_worker_killed(trial, random, log):
    pid = yield from own_worker(trial, random)
    # A process that keeps dying is let go after three restarts; that the run then fails is as promised.
    if pid is None:
        return "the run was over"
    if trial.kills_left == 0:
        return "no worker was free for it"
    trial.kills_left -= 1
    log(target=pid)
    signal_process(pid, signal.SIGKILL)
    yield 0


@kind("local", weight=2)
def own_worker_frozen(trial, random, log):
    pid = yield from own_worker(trial, random)
    if pid is None:
        return "the run was over"
    seconds = random.choice([random.uniform(0.2, 0.8 * TIMEOUT), random.uniform(1.1 * TIMEOUT, 15)])
    log(target=pid, seconds=round(seconds, 2))
    signal_process(pid, signal.SIGSTOP)
    yield seconds
    signal_process(pid, signal.SIGCONT)


@kind("local", weight=2)
@alone
def run_killed(trial, random, log):
    """Its workers are orphans then: they leave by themselves."""
    trial.kill_coordinator()
    if trial.coordinator.status == 0:
        return "the run was over"
    yield random.uniform(0, 2)
    start_again(trial)


@kind("local", weight=2)
@alone
def run_and_its_workers_killed(trial, random, log):
    workers = trial.own_workers()
    trial.coordinator.send(signal.SIGKILL)
    for pid in workers:
        signal_process(pid, signal.SIGKILL)
    trial.kill_coordinator()
    if trial.coordinator.status == 0:
        return "the run was over"
    yield random.uniform(0, 1)
    start_again(trial)


@kind("local")
@alone
def terminal_interrupt(trial, random, log):
    """Ctrl-C, which a terminal sends to coordinator and workers alike."""
    trial.coordinator.excuse = "asked to stop"
    os.killpg(trial.coordinator.pid, signal.SIGINT)
    yield Until("the run stops when it is asked to", lambda: not trial.coordinator.is_running, 60)
    said = trial.coordinator.said()
    if not stopped(trial, 130, [f"--run {trial.run} --resume"] if "run begins" in said or "run goes on" in said else []):
        return "the run was over"
    start_again(trial)

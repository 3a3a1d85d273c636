"""A round: one run from its start to its end, with faults on the way, by seed."""
import json
import os
import random
import shutil
import time

import journal
from clock import Fault, clock
from disks import Folder, NoRights, PowerDisk, SmallDisk
from faults import KINDS, Until
from processes import Managed
from trial import RECIPE, LocalTrial, Trial

PLACES = ["folder", "power disk", "small disk", "local"]
# What a round may take of active time; far more than any needs.
LONGEST = 420


def plan(seed, number, place, count):
    """What will be done when: depends on these numbers alone. A bag with every kind that the place allows is emptied before
    it is filled again, so that none is left out."""
    chance = random.Random(f"{seed}/{number}/plan")
    bag, steps = [], []
    for _ in range(count):
        if not bag:
            bag = [kind for kind in KINDS.values() if place in kind.places for _ in range(kind.weight)]
            chance.shuffle(bag)
        # Some wait for a late phase, which passes quickly.
        waits_for = chance.choice(journal.PHASES[1:]) if chance.random() < 0.12 else None
        steps.append((min(chance.expovariate(1 / 0.9), 4), waits_for, bag.pop()))
    # Those that wait come last, or they would hold up the others.
    steps.sort(key=lambda step: journal.PHASES.index(step[1]) if step[1] else 0)
    return steps


class Round:
    def __init__(self, program, folder, seed, number, place, count, reference, say, make_trial=None):
        self.seed, self.number, self.place, self.count = seed, number, place, count
        self.reference, self.say = reference, say
        self.folder = f"{folder}/round-{number}"
        os.makedirs(self.folder)
        self.disk = {
            "folder": lambda: Folder(self.folder + "/disk"), "local": lambda: Folder(self.folder + "/disk"),
            "namespaces": lambda: Folder(self.folder + "/disk"),
            "small disk": lambda: SmallDisk(self.folder + "/disk", 24), "power disk": lambda: PowerDisk(self.folder + "/power", 96),
        }[place]()
        self.trial = (make_trial or (LocalTrial if place == "local" else Trial))(program, self.folder, self.disk, say)
        self.random = random.Random(f"{seed}/{number}/course")
        self.log = []
        self.under_way = []
        self.began = clock.now()

    def perform(self):
        """Returns the record of the round; its "failure" is None where everything held."""
        failure = None
        started = time.time()
        try:
            self._perform()
        except (Fault, OSError) as fault:
            failure = f"{type(fault).__name__}: {fault}"
        finally:
            self.trial.close()
            probes = getattr(self.disk, "probes", None)
            if failure:
                self._keep_evidence()
            self.disk.close()
            if not failure:
                shutil.rmtree(self.folder, ignore_errors=True)
        return {
            "round": self.number, "seed": self.seed, "place": self.place, "started": started,
            "seconds": round(clock.now() - self.began, 1), "resumed": self.trial.resumed, "faults": self.log,
            "failure": failure, "probes": probes, "evidence": self.folder if failure else None,
        }

    def _perform(self):
        self.trial.start(self.random)
        self.trial.wait_for_coordinator()
        steps = plan(self.seed, self.number, self.place, self.count)
        due = clock.now()
        if steps:
            due += steps[0][0]
        while not self.trial.is_over:
            if clock.now() - self.began > LONGEST:
                raise Fault(f"the run has not ended after {LONGEST} s; it stands at {journal.place(self.trial.run)}")
            self.trial.tick(self.random)
            self._advance()
            if steps and clock.now() >= due and self._is_phase(steps[0][1]):
                _, _, kind = steps.pop(0)
                self._begin(kind)
                if steps:
                    due = clock.now() + steps[0][0]
            time.sleep(0.02)
        # What is under way is mended, or finds that the run is over.
        deadline = clock.now() + 90
        while self.under_way and clock.now() < deadline:
            self._advance()
            time.sleep(0.02)
        if self.under_way:
            raise Fault(f"{self.under_way[0]['entry']['kind']} did not come to its end")
        self.trial.finish()
        for name, digest in journal.results(self.trial.run).items():
            if digest != self.reference[name]:
                raise Fault(f"{name} differs from the undisturbed run's")

    def _is_phase(self, phase):
        return phase is None or journal.position(self.trial.run)[0] >= journal.PHASES.index(phase)

    # Faults under way

    def _begin(self, kind):
        entry = {
            "kind": kind.name, "second": round(clock.now() - self.began, 2), "time": round(time.time(), 2),
            "at": journal.place(self.trial.run),
        }
        self.log.append(entry)
        chance = random.Random(f"{self.seed}/{self.number}/{len(self.log)}")
        generator = kind.perform(self.trial, chance, entry.update)
        self.under_way.append({
            "generator": generator, "entry": entry, "until": None, "resume_at": 0.0, "began": clock.now(), "units": self._units(),
        })
        self.say(f"round {self.number}: {entry['second']:7.2f} s  {entry['at']:<13} {kind.name}")
        self._advance()

    def _units(self):
        rows = journal.query(self.trial.run + "/run.sqlite", "SELECT max(id) FROM units")
        return (rows[0][0] or 0) if rows else 0

    def _advance(self):
        for state in list(self.under_way):
            until = state["until"]
            if until:
                if not until.condition():
                    if clock.now() > state["resume_at"]:
                        raise Fault(f"waited {until.seconds} s in vain until {until.what}")
                    continue
            elif clock.now() < state["resume_at"]:
                continue
            try:
                wish = next(state["generator"])
            except StopIteration as end:
                self.under_way.remove(state)
                state["entry"]["outcome"] = end.value or "done"
                state["entry"]["lasted"] = round(clock.now() - state["began"], 2)
                continue
            state["until"] = wish if isinstance(wish, Until) else None
            state["resume_at"] = clock.now() + (wish.seconds if isinstance(wish, Until) else wish)

    def _keep_evidence(self):
        """The journal, the log and what processes said, for whoever looks for the cause."""
        kept = self.folder + "/evidence"
        os.makedirs(kept, exist_ok=True)
        for name in ("run.sqlite", "run.sqlite-wal", "recipe.json"):
            if os.path.exists(f"{self.trial.run}/{name}"):
                shutil.copyfile(f"{self.trial.run}/{name}", f"{kept}/{name}")
        with open(kept + "/faults.json", "w") as file:
            json.dump(self.log, file, indent=1)
        with open(kept + "/files.txt", "w") as file:
            for folder, _, names in os.walk(self.trial.run):
                file.writelines(f"{folder}/{name}\n" for name in names)


def undisturbed(program, folder):
    """The results that every disturbed run must have: those of one worker that nobody touches."""
    place = Folder(folder + "/undisturbed")
    recipe = folder + "/undisturbed.json"
    with open(recipe, "w") as file:
        json.dump(RECIPE, file, indent=1)
    began = clock.now()
    process = Managed(
        "the undisturbed run", [program, "run", recipe, "--workers", "1", "--threads", "1", "--run", place.path + "/run"],
        folder + "/undisturbed.stderr", environment={"FILTERSCOPE_CACHE": folder + "/cache"})
    process.process.wait()
    if process.status != 0:
        raise Fault(f"the undisturbed run ended with {process.status}: {process.said()[-1000:]}")
    figures = journal.results(place.path + "/run")
    place.close()
    return figures, round(clock.now() - began, 1)

"""What a run's directory says: its journal, its checkpoints, its results."""
import glob
import hashlib
import os
import re
import shutil
import sqlite3
import tempfile

from clock import Fault

PHASES = ["training", "heads", "survey", "filters"]


def query(path, sql, *values):
    """Rows, or None while there is no journal that can be read."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def position(run):
    """(phase's number, steps taken in it): grows as the run goes on."""
    path = run + "/run.sqlite"
    begun = query(path, "SELECT phase FROM phases") if os.path.exists(path) else None
    if not begun:
        return (0, 0)
    number = max((PHASES.index(phase) for phase, in begun if phase in PHASES), default=0)
    steps = query(path, "SELECT max(step) + 1 FROM metrics WHERE phase = ? AND name = 'learning_rate'", PHASES[number])
    return (number, (steps[0][0] or 0) if steps else 0)


def place(run):
    number, step = position(run)
    return f"{PHASES[number]} {step}" if number < 2 else PHASES[number]


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


class Image:
    """A run's directory as a death has left it. The journal is looked at in a copy, so that nothing mends it meanwhile."""

    def __init__(self, run):
        self.has_journal = os.path.exists(run + "/run.sqlite") and os.path.getsize(run + "/run.sqlite") > 0
        self.newest = None
        self.whole = None
        self.position = (0, 0)
        if not self.has_journal:
            return
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal"):
                if os.path.exists(run + "/run.sqlite" + suffix):
                    shutil.copyfile(run + "/run.sqlite" + suffix, folder + "/run.sqlite" + suffix)
            connection = sqlite3.connect(folder + "/run.sqlite")
            try:
                verdict = connection.execute("PRAGMA integrity_check").fetchall()
                if verdict != [("ok",)]:
                    raise Fault(f"run.sqlite is damaged: {verdict[:3]}")
                if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'checkpoints'").fetchone()[0]:
                    return
                rows = connection.execute("SELECT path, sha256, phase, step FROM checkpoints ORDER BY id DESC").fetchall()
            finally:
                connection.close()
            self.position = position(folder)
        for number, (path, digest, phase, step) in enumerate(rows):
            file = f"{run}/{path}"
            whole = os.path.exists(file) and sha256(file) == digest
            if number == 0:
                self.newest = (path, phase, step)
                if not whole:
                    raise Fault(f"the newest checkpoint, {path}, is {'damaged' if os.path.exists(file) else 'missing'}")
            if whole:
                self.whole = self.whole or (path, phase, step)


RESULTS = ["checkpoints/network.safetensors", "checkpoints/heads.safetensors", "results/analysis.json"]
METRICS = "SELECT phase, name, step, value FROM metrics WHERE phase IN ('training', 'heads') ORDER BY 1, 2, 3"


def results(run):
    """What must not depend on what happened: digests of files, and of every figure of every step."""
    figures = {name: sha256(f"{run}/{name}") for name in RESULTS}
    rows = query(run + "/run.sqlite", METRICS)
    figures["metrics of every step"] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return figures


KNOWN = re.compile(
    r"recipe\.json|run\.sqlite(-wal|-shm)?|run\.lock|report\.html|probe-\w+|lost\+found|filler"
    r"|checkpoints(/(network|heads|(training|heads|survey|filters)-\d{8})\.safetensors)?"
    r"|results(/[a-z-]+\.(json|csv|safetensors))?"
    r"|filters(/[\w.-]+\.(html|png|css|js))?|logs(/worker-\d+\.stderr)?")


def require_no_leftovers(run, keep):
    """Nothing half written stays, and no more checkpoints than the recipe keeps."""
    for path in glob.glob(run + "/**", recursive=True, include_hidden=True):
        name = os.path.relpath(path, run)
        if name != "." and (not KNOWN.fullmatch(name) or ".tmp-" in name):
            raise Fault(f"{name} is left over in the run directory")
    stay = glob.glob(run + "/checkpoints/*-????????.safetensors")
    if len(stay) > keep:
        raise Fault(f"{len(stay)} checkpoints stay, where {keep} are kept")

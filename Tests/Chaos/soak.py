"""A long run with workers that come and go: does anything grow?"""
import csv
import os
import random
import shutil
import signal
import subprocess
import time

import journal
from clock import Fault, clock, wait_until
from disks import Folder
from trial import RECIPE, Trial

COLUMNS = ["seconds", "process", "resident_megabytes", "descriptors", "threads"]


def sample(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"])


def main(options, program, folder, say):
    """Two workers stay, others join and are killed or leave every few seconds. Samples go to <prefix>.csv, a figure to <prefix>.svg."""
    recipe = {**RECIPE, "training": {**RECIPE["training"], "epochs": 100_000}}
    trial = Trial(program, folder, Folder(folder + "/disk"), say, recipe)
    chance = random.Random(options.seed)
    rows, count = [], {"joins": 0, "leaves": 0, "kills": 0, "cuts": 0}
    guests, due = [], 0.0
    began = clock.now()
    try:
        trial.start(chance)
        trial.wait_for_coordinator()
        stay = [(worker.name, worker.process) for worker in trial.workers] + [("coordinator", trial.coordinator)]
        last = -1e9
        stop = []
        # Ctrl-C ends it early, with what there is.
        signal.signal(signal.SIGINT, lambda *_: stop.append(True))
        while clock.now() - began < 60 * options.minutes and not stop:
            now = clock.now() - began
            for name, process in stay:
                if not process.is_running:
                    raise Fault(f"{name} ended with {process.status}: {process.said()[-800:]}")
            if now - last >= 5:
                last = now
                rows += [[round(now, 1), name, *map(lambda value: round(value, 2), sample(process.pid))] for name, process in stay]
            if now >= due:
                due = now + chance.uniform(1, 6)
                if len(guests) < 2 and chance.random() < 0.7:
                    guests.append(trial.start_worker("guest"))
                    count["joins"] += 1
                elif guests:
                    guest = guests.pop(0)
                    how = chance.choice(["leaves", "kills", "cuts"])
                    count[how] += 1
                    guest.process.excuse = "asked to leave"
                    if how == "cuts":
                        guest.proxy.set("cut")
                        time.sleep(0.1)
                    guest.process.send(signal.SIGTERM if how == "leaves" else signal.SIGKILL)
                    wait_until(f"{guest.name} is gone", lambda: not guest.process.is_running, 20)
                    trial.remove_worker(guest)
            time.sleep(0.1)
        steps = journal.position(trial.run)
        trial.coordinator.excuse = "asked to stop"
        trial.coordinator.send(signal.SIGTERM)
        wait_until("the coordinator stops", lambda: not trial.coordinator.is_running, 60)
        if trial.coordinator.status != 130:
            raise Fault(f"the coordinator ended with {trial.coordinator.status}")
        size = os.path.getsize(trial.run + "/run.sqlite") / 1e6
    finally:
        trial.close()
    prefix = options.figure or "chaos-soak"
    with open(prefix + ".csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{(clock.now() - began) / 60:.1f} minutes, {steps[1]} steps, journal {size:.1f} MB; "
          + ", ".join(f"{number} {what}" for what, number in count.items()))
    for name, _ in stay:
        of_it = [row for row in rows if row[1] == name]
        # The start is left out: memory fills until everything was needed once.
        third = of_it[len(of_it) // 3:]
        print(f"{name:<12} resident {third[0][2]:.1f} MB after a third, {third[-1][2]:.1f} MB at the end (most {max(row[2] for row in of_it):.1f}), "
              f"slope {slope(third):+.3f} MB a minute; descriptors {third[0][3]} and {third[-1][3]} (most {max(row[3] for row in of_it)}); "
              f"threads {third[0][4]} and {third[-1][4]}")
    draw(prefix, [name for name, _ in stay])
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def slope(rows):
    """Least squares, MB a minute."""
    times, values = [row[0] / 60 for row in rows], [row[2] for row in rows]
    mean_time, mean_value = sum(times) / len(times), sum(values) / len(values)
    spread = sum((one - mean_time) ** 2 for one in times)
    return sum((one - mean_time) * (value - mean_value) for one, value in zip(times, values)) / spread if spread else 0.0


def draw(prefix, names):
    commands = [
        "set terminal svg size 800,520 font 'sans,12' background 'white'", f"set output '{prefix}.svg'", "set datafile separator ','",
        "set multiplot layout 2,1", "set key outside right", "set xlabel 'minutes'", "set yrange [0:*]", "set grid",
    ]
    for column, label in ((3, "resident MB"), (4, "open descriptors")):
        commands.append(f"set ylabel '{label}'")
        commands.append("plot " + ", ".join(
            f"'{prefix}.csv' skip 1 using ($1/60):(strcol(2) eq '{name}' ? ${column} : NaN) with lines lw 2 title '{name}'"
            for name in names))
    try:
        subprocess.run(["gnuplot"], input="\n".join(commands), text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no figure: {error}")

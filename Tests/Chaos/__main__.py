"""Real processes, random faults by seed, the same bits at the end. `Scripts/chaos --help` says how."""
import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time

import faults
import namespaces
import processes
import recovery
import report
import soak
from clock import Fault, clock
from disks import NoRights
from rounds import PLACES, Round, undisturbed

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="Scripts/chaos", description="Runs coordinator and workers as real processes, disturbs them at random, and compares "
        "every run's final bits with those of a run that nobody touches.")
    parser.add_argument("--minutes", type=float, default=10, help="begin no run after so many; 10 unless given")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random; 1 unless given")
    parser.add_argument("--faults", type=int, default=12, help="faults planned for each run; 12 unless given")
    parser.add_argument("--round", type=int, help="this round of the seed alone: what a failing one asks to be replayed with")
    parser.add_argument("--rounds", type=int, help="at most so many")
    parser.add_argument("--place", choices=PLACES, help="only runs on this kind of disk, or with workers of the run's own (local)")
    parser.add_argument("--kind", help="only this kind of fault, \"power cut\" for instance")
    parser.add_argument("--without", action="append", default=[], help="not this kind of fault; may be given several times")
    parser.add_argument("--program", default=ROOT + "/.build/release/filterscope", help="the built program")
    parser.add_argument("--json", help="where the record of every fault goes")
    parser.add_argument("--namespaces", action="store_true", help="several hosts in network namespaces, with bad links between them")
    parser.add_argument("--soak", action="store_true", help="one long run with joins and leaves: memory and descriptors over time")
    parser.add_argument("--recovery", action="store_true", help="how soon work goes on after a worker's death and a restart")
    parser.add_argument("--figure", help="--soak: the name of its .csv and .svg; chaos-soak unless given")
    return parser.parse_args()


def main():
    options = arguments()
    program = os.path.abspath(options.program)
    if not os.access(program, os.X_OK):
        say(f"chaos: {program} is not there; build it first: swift build -c release --product filterscope")
        return 2
    processes.become_subreaper()
    folder = tempfile.mkdtemp(prefix="filterscope-chaos-")
    for wanted, module in ((options.soak, soak), (options.recovery, recovery)):
        if wanted:
            try:
                return module.main(options, program, folder, say)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    if options.kind:
        if options.kind not in faults.KINDS:
            say(f"chaos: no kind of fault is called \"{options.kind}\"; there are: {', '.join(faults.KINDS)}")
            return 2
        for name in list(faults.KINDS):
            if name != options.kind:
                del faults.KINDS[name]
    for name in options.without:
        faults.KINDS.pop(name, None)
    places, make_trial, hosts = list(PLACES), None, None
    if options.namespaces:
        try:
            hosts = namespaces.Hosts(say)
        except (NoRights, OSError) as error:
            say(f"chaos: --namespaces needs the right to make network namespaces and veth devices (root, or CAP_NET_ADMIN and "
                f"CAP_SYS_ADMIN), and this is what came of it: {error}")
            return 1
        places, make_trial = ["namespaces"], namespaces.make_trial(hosts)
    rounds = []
    try:
        reference, seconds = undisturbed(program, folder)
        say(f"chaos: the undisturbed run took {seconds} s; seed {options.seed}")
        began = clock.now()
        number = options.round or 0
        while clock.now() - began < 60 * options.minutes and (options.rounds is None or len(rounds) < options.rounds):
            place = options.place or places[number % len(places)]
            try:
                one = Round(program, folder, options.seed, number, place, options.faults, reference, say, make_trial)
            except NoRights as error:
                say(f"chaos: runs on a {place} are left out, this machine does not allow them: {error}")
                places.remove(place)
                if not places:
                    break
                continue
            record = one.perform()
            rounds.append(record)
            say(f"round {number}: {record['failure'] or 'the same bits'} ({place}, {len(record['faults'])} faults, {record['seconds']} s)")
            if record["failure"]:
                say(f"  what is left of it: {record['evidence']}; again: Scripts/chaos --seed {options.seed} --round {number}"
                    f" --faults {options.faults}" + (f" --place '{options.place}'" if options.place else "")
                    + (f" --kind '{options.kind}'" if options.kind else ""))
            if options.json:
                write(options, rounds, seconds)
            if options.round is not None:
                break
            number += 1
    finally:
        if hosts:
            hosts.close()
        if not any(record["failure"] for record in rounds):
            shutil.rmtree(folder, ignore_errors=True)
    lines, count, failed = report.table(rounds)
    print("\n".join(lines))
    lost = [record["probes"] for record in rounds if record["probes"]]
    if lost:
        print(f"power cuts: {sum(one['unsynced'] for one in lost)}; files written without fsync just before that were lost: "
              f"{sum(one['unsynced lost'] for one in lost)}; with fsync: {sum(one['synced lost'] for one in lost)}")
    print(f"{count} faults in {len(rounds)} runs in {(clock.now() - began) / 60:.1f} minutes; {failed} runs failed")
    return 1 if failed or not rounds else 0


def write(options, rounds, seconds):
    with open(options.json + ".new", "w") as file:
        json.dump({"seed": options.seed, "undisturbed_seconds": seconds, "rounds": rounds}, file, indent=1)
    os.replace(options.json + ".new", options.json)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fault as fault:
        say(f"chaos: {fault}")
        sys.exit(1)

"""What came of it: a table by kind of fault, and JSON."""
import collections


def table(rounds):
    """Lines: each kind, how often, in how many runs, how many of those ended with other bits or otherwise wrong."""
    count, bad, left_out = collections.Counter(), collections.Counter(), collections.Counter()
    runs = collections.defaultdict(set)
    for record in rounds:
        for fault in record["faults"]:
            outcome = fault.get("outcome", "under way")
            if outcome.startswith(("left out", "no worker was free", "there were enough", "the run was over")):
                left_out[fault["kind"]] += 1
                continue
            count[fault["kind"]] += 1
            runs[fault["kind"]].add(record["round"])
        if record["failure"]:
            for kind in {fault["kind"] for fault in record["faults"]}:
                bad[kind] += 1
    width = max([len(kind) for kind in count] + [5])
    lines = [f"{'fault':<{width}}  done  runs  runs failed  came too late or had no target"]
    for kind in sorted(set(count) | set(left_out)):
        lines.append(f"{kind:<{width}}  {count[kind]:4}  {len(runs[kind]):4}  {bad[kind]:11}  {left_out[kind]:4}")
    failed = [record for record in rounds if record["failure"]]
    lines.append(
        f"{'all':<{width}}  {sum(count.values()):4}  {len(rounds):4}  {len(failed):11}  {sum(left_out.values()):4}")
    return lines, sum(count.values()), len(failed)

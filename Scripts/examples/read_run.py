#!/usr/bin/env python3
"""Reads a finished run with nothing but sqlite3 and numpy: a table of its layers, the filters that know a label, and the whole of
phase 3 computed once more from the label means and the heads.

    python3 Scripts/examples/read_run.py RUN [--label NAME-or-number] [--show N]

On Debian: apt-get install python3-numpy. Ends with 1 where what it computes is not what the run says.
"""
import argparse
import json
import os
import sqlite3
import sys

import numpy


def load_tensors(path):
    """A safetensors file as a dictionary of arrays: eight bytes of length, a JSON header, then the numbers."""
    try:
        from safetensors.numpy import load_file
        return load_file(path)
    except ImportError:
        pass
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        body = file.read()
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(body[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def open_journal(run):
    """For reading only: the run may be going on."""
    connection = sqlite3.connect(f"file:{os.path.join(run, 'run.sqlite')}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def print_layers(journal):
    number = lambda value, digits: "-" if value is None else f"{value:.{digits}f}"
    print(f"{'layer':<8} {'accuracy':>8} {'active':>7} {'noise':>8} {'SNR':>8}")
    for row in journal.execute("SELECT * FROM layers ORDER BY layer"):
        ratio = "no noise" if row["snr"] is None and row["signal"] > 0 else number(row["snr"], 2)
        print(f"{row['name']:<8} {number(row['accuracy'], 4):>8} {row['active_filters']:>3}/{row['filters']:<4}"
              f"{number(row['mean_noise'], 1):>8} {ratio:>8}")


def filters_that_know(journal, label):
    """Those with a cluster that holds the label, the least noisy first: (layer, filter, labels of the cluster, noise)."""
    rows = journal.execute("""
        SELECT layers.name AS layer, knows.filter, filters.noise, group_concat(clusters.label) AS labels
        FROM clusters AS knows
        JOIN clusters USING (layer, filter, cluster) JOIN filters USING (layer, filter) JOIN layers USING (layer)
        WHERE knows.label = ?
        GROUP BY knows.layer, knows.filter, knows.cluster
        ORDER BY filters.noise, knows.layer, knows.filter""", [label])
    return [(row["layer"], row["filter"], [int(word) for word in row["labels"].split(",")], row["noise"]) for row in rows]


def pooled(maps, side):
    """[labels, rows, columns, filters] brought to at most side x side by adaptive average pooling, as heads see it."""
    def bounds(size):
        cells = min(side, size)
        return [(cell * size // cells, -(-(cell + 1) * size // cells)) for cell in range(cells)]
    return numpy.stack([
        numpy.stack([maps[:, top:bottom, left:right].mean(axis=(1, 2)) for left, right in bounds(maps.shape[2])], axis=1)
        for top, bottom in bounds(maps.shape[1])], axis=1)


def fields(means, head):
    """field[filter, i, j]: how strongly the filter speaks for label j when it sees images of label i."""
    labels, rows, columns, filters = means.shape
    activations = means.reshape(labels, rows * columns, filters)
    weights = head.reshape(labels, filters, rows * columns)
    return numpy.einsum("ipf,jfp->fij", activations.astype("f8"), weights.astype("f8"), optimize=True).astype("f4")


def clusters_and_noise(field, threshold):
    """A filter's clusters, as lists of labels, and its noise: the definition of docs/method.md, word by word."""
    top = field.max()
    if top <= 0:
        return [], 0
    bit = field / top > numpy.float32(threshold)
    both = bit & bit.T
    left = [int(label) for label in numpy.flatnonzero(bit.diagonal())]
    clusters, noise = [], int(bit.sum())
    while left:
        cluster = []
        for label in left:
            if both[label, cluster].all():
                cluster.append(label)
        left = [label for label in left if label not in cluster]
        clusters.append(cluster)
        noise -= len(cluster) ** 2
    return clusters, noise


def check(run, summary):
    """Measures every filter anew and compares it with results/analysis.json: how many agree, how many differ, and how many lie so
    near the threshold that the last bits of a sum decide."""
    with open(os.path.join(run, "results/analysis.json")) as file:
        analysis = json.load(file)
    means = load_tensors(os.path.join(run, "results/label-means.safetensors"))
    heads = load_tensors(os.path.join(run, "checkpoints/heads.safetensors"))
    agree, differ, unsharp = 0, [], 0
    for layer in analysis["layers"]:
        name = layer["layer"]
        maps = means[f"label_means.{name}"]
        if summary["head_pool"]:
            maps = pooled(maps, summary["head_pool"])
        own = fields(maps, heads[f"head.{name}.weight"])
        for filter in layer["filters"]:
            clusters, noise = clusters_and_noise(own[filter["filter"]], analysis["threshold"])
            if clusters == filter["clusters"] and noise == filter["noise"]:
                agree += 1
            elif filter["margin"] is not None and filter["margin"] < 1e-6:
                unsharp += 1
            else:
                differ.append(f"{name} {filter['filter']}")
    return agree, differ, unsharp


def main():
    parser = argparse.ArgumentParser(description="Reads a finished run of Filterscope.")
    parser.add_argument("run", help="the run's directory")
    parser.add_argument("--label", default="0", help="which label's filters are listed, by name or number")
    parser.add_argument("--show", type=int, default=10, help="how many of them")
    arguments = parser.parse_args()
    try:
        journal = open_journal(arguments.run)
        with open(os.path.join(arguments.run, "results/summary.json")) as file:
            summary = json.load(file)
    except (OSError, sqlite3.Error) as error:
        sys.exit(f"{arguments.run}: is no finished run: {error}")
    names = summary["label_names"]
    known = {name: number for number, name in enumerate(names)} | {str(number): number for number in range(len(names))}
    if arguments.label not in known:
        sys.exit(f"no label \"{arguments.label}\"; there are: {', '.join(names)}")
    label = known[arguments.label]

    print(f"{summary['recipe']}: {summary['model']}, test accuracy {summary['test_accuracy']}")
    print_layers(journal)

    found = filters_that_know(journal, label)
    print(f"\n{len(found)} filters know \"{names[label]}\"" + ("; the least noisy:" if found else ""))
    for layer, filter, cluster, noise in found[:arguments.show]:
        print(f"  {layer:<8} filter {filter:<5} noise {noise:<6} {', '.join(names[other] for other in cluster)}")

    agree, differ, unsharp = check(arguments.run, summary)
    print(f"\nphase 3 once more: {agree} filters as results/analysis.json says, {len(differ)} not, {unsharp} too near the threshold to tell")
    if differ:
        sys.exit("these differ: " + ", ".join(differ[:20]))


if __name__ == "__main__":
    main()

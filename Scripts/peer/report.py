"""What was found, as a table for people and as JSON."""

import dataclasses
import statistics

# Work of others that spoils a figure, in cores.
BUSY = 0.1
NOTES = """\
images/s: the median over the rounds, and the least and the greatest; ratio: of the medians.
MiB: greatest peak of resident memory in any round; several processes: the sum of each one's own peak, shared libraries
counted in each."""


def span(values, digits):
    """Median, and from least to greatest."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


class Results:
    """Measurements of all rounds, by configuration and side."""

    def __init__(self, machine, settings):
        self.machine = machine
        self.settings = settings
        # (configuration, Filterscope's measurements, PyTorch's) by name, in order of first measurement.
        self.rows = {}

    def add(self, configuration, ours, torchs):
        _, all_ours, all_torchs = self.rows.setdefault(configuration.name, (configuration, [], []))
        all_ours.append(ours)
        all_torchs.append(torchs)

    def table(self):
        head = ["", "Filterscope, images/s", "PyTorch, images/s", "ratio", "MiB", "PyTorch, MiB", "ratio"]
        lines = [head] + [self._line(*row) for row in self.rows.values()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        text = ["  ".join(word.ljust(width) if column == 0 else word.rjust(width)
                          for column, (word, width) in enumerate(zip(line, widths))).rstrip() for line in lines]
        details = [f"{name}: {row[0].title}" for name, row in self.rows.items()]
        return "\n".join([*text, "", *details, "", *self._scaling(), NOTES, *self._warnings()])

    def _line(self, configuration, ours, torchs):
        rate = median_rate(ours)
        digits = 2 if rate < 30 else 1 if rate < 1000 else 0
        ours_peak, torch_peak = (max(one.peak_bytes for one in side) for side in (ours, torchs))
        return [
            configuration.name, span([one.images_per_second for one in ours], digits),
            span([one.images_per_second for one in torchs], digits), f"{self.ratio(ours, torchs):.2f}",
            f"{ours_peak / 2**20:.0f}", f"{torch_peak / 2**20:.0f}", f"{ours_peak / torch_peak:.2f}",
        ]

    @staticmethod
    def ratio(ours, torchs):
        return median_rate(ours) / median_rate(torchs)

    def scaling(self):
        """Two workers over twice one, of either side; nothing unless both were measured."""
        one, two = self.rows.get("cluster-1"), self.rows.get("cluster-2")
        if not one or not two:
            return None
        return {side: median_rate(two[index]) / (2 * median_rate(one[index]))
                for index, side in ((1, "filterscope"), (2, "torch"))}

    def _scaling(self):
        scaling = self.scaling()
        if not scaling:
            return []
        return [f"two processes over twice one: Filterscope {scaling['filterscope']:.2f}, PyTorch {scaling['torch']:.2f}", ""]

    def _warnings(self):
        busy = [name for name, (_, *sides) in self.rows.items()
                if any(one.others_cores > BUSY for side in sides for one in side)]
        if not busy:
            return []
        return ["", f"warning: other programs took more than {BUSY} of a core in some rounds of {', '.join(busy)};",
                "those ratios are not to be trusted (others_cores in the JSON says which rounds)"]

    def as_json(self):
        first = next(iter(self.rows.values()))
        return {
            "machine": {**self.machine, "kernels": first[1][0].report["kernels"]},
            "settings": {
                **self.settings,
                **{key: first[2][0].report[key] for key in ("torch", "cuda", "capability", "mkldnn")},
            },
            "scaling": self.scaling(),
            "configurations": [
                {
                    **dataclasses.asdict(configuration), "classifier": configuration.classifier,
                    "ratio": self.ratio(ours, torchs),
                    "filterscope": _side(ours), "torch": _side(torchs),
                } for configuration, ours, torchs in self.rows.values()
            ],
        }


def median_rate(side):
    return statistics.median(one.images_per_second for one in side)


def _side(measurements):
    return {
        "images_per_second": median_rate(measurements),
        "peak_memory_bytes": max(one.peak_bytes for one in measurements),
        "rounds": [dataclasses.asdict(one) for one in measurements],
    }

"""Makes the files that both sides of bench-mechanism-peer read: a network with random weights, heads, images, labels."""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

FACTORS = (1, 2, 4, 8, 8)


def main():
    options = json.loads(sys.argv[1])
    folder, width, labels = pathlib.Path(options["folder"]), options["width"], options["labels"]
    torch.manual_seed(1)
    network, heads, inputs, index, number, size = {}, {}, 3, 0, 0, 32
    for count, factor in zip(options["stages"], FACTORS):
        for place in range(count):
            filters = width * factor
            network[f"features.{index}.weight"] = torch.randn(filters, inputs, 3, 3) * (2 / (9 * inputs)) ** 0.5
            network[f"features.{index}.bias"] = torch.zeros(filters)
            norm = f"features.{index + 1}."
            network |= {norm + "weight": torch.ones(filters), norm + "bias": torch.zeros(filters),
                        norm + "running_mean": torch.zeros(filters), norm + "running_var": torch.ones(filters)}
            index, number, inputs = index + 3, number + 1, filters
            if place + 1 == count:
                index, size = index + 1, size // 2
            heads[f"head.conv{number}.weight"] = torch.randn(labels, filters * size * size) / (filters * size * size) ** 0.5
    network["classifier.weight"] = torch.randn(labels, inputs) / inputs ** 0.5
    network["classifier.bias"] = torch.zeros(labels)
    save_file(network, folder / "weights.safetensors")
    save_file(heads, folder / "heads.safetensors")
    count = options["images"]
    save_file({"images": torch.rand(count, 3, 32, 32) * 2 - 1, "labels": torch.arange(count) % labels}, folder / "data.safetensors")


main()

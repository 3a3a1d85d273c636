"""The papers' procedure in PyTorch, in a process of its own: what bench-mechanism-peer starts.

Per layer: a forward pass of all test images up to that layer, image by image the product of every filter's output with its head
weights (vectorised over the filters of a mini-batch), and the averages of those products by label.
"""

import json
import sys
import time

import torch
from safetensors.torch import load_file
from torch import nn


def network(weights, stages, width, channels):
    layers, taps, inputs, index = [], [], channels, 0
    for count, factor in zip(stages, (1, 2, 4, 8, 8)):
        for place in range(count):
            filters = width * factor
            convolution, norm = nn.Conv2d(inputs, filters, 3, padding=1), nn.BatchNorm2d(filters)
            layers += [convolution, norm, nn.ReLU(inplace=True)]
            for name, module in ((str(index), convolution), (str(index + 1), norm)):
                module.load_state_dict(
                    {key: weights[f"features.{name}.{key}"] for key in module.state_dict() if key != "num_batches_tracked"},
                    strict=False)
            index += 3
            if place + 1 == count:
                layers.append(nn.MaxPool2d(2, 2))
                index += 1
            taps.append(len(layers))
            inputs = filters
    return nn.Sequential(*layers).eval(), taps


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    weights, heads = load_file(options["weights"]), load_file(options["heads"])
    data = load_file(options["data"])
    images, labels = data["images"], data["labels"]
    model, taps = network(weights, options["stages"], options["width"], images.shape[1])
    count = options["labels"]
    layout = torch.channels_last if options["layout"] == "channels-last" else torch.contiguous_format
    model = model.to(memory_format=layout)
    total, forward = time.perf_counter(), 0.0
    result = []
    with torch.inference_mode():
        for number, tap in enumerate(taps, 1):
            head = heads[f"head.conv{number}.weight"]
            part = model[:tap]
            fields = None
            for first in range(0, len(images), options["batch"]):
                start = time.perf_counter()
                output = part(images[first:first + options["batch"]].contiguous(memory_format=layout))
                forward += time.perf_counter() - start
                samples, filters, height, width = output.shape
                if fields is None:
                    by_filter = head.reshape(count, filters, height * width).permute(1, 2, 0).contiguous()
                    fields = torch.zeros(count, filters, count)
                    counts = torch.zeros(count)
                # [F, n, P] by [F, P, K]: what each filter alone gives each output, image by image.
                alone = torch.bmm(output.reshape(samples, filters, -1).transpose(0, 1), by_filter)
                fields.index_add_(0, labels[first:first + samples], alone.transpose(0, 1))
                counts.index_add_(0, labels[first:first + samples], torch.ones(samples))
            result.append(fields / counts[:, None, None])
    seconds = time.perf_counter() - total
    # One figure of each layer, to be compared with the other side's.
    active = []
    for fields in result:
        top = fields.amax(dim=(0, 2))
        share = fields.permute(1, 0, 2) / top[:, None, None]
        own = torch.diagonal(share > options["threshold"], dim1=1, dim2=2).any(dim=1)
        active.append(int((own & (top > 0)).sum()))
    print(json.dumps({"seconds": seconds, "forward_seconds": forward, "active_filters": active, "version": torch.__version__}))


main()

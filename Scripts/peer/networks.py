"""torchvision's VGG with batch norm, in PyTorch."""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STAGES = {"vgg11": (1, 1, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3)}


def make_network(configuration):
    """For training, channels last, with random weights that are the same each time."""
    torch.manual_seed(1)
    channels, layers = 3, []
    for count, factor in zip(STAGES[configuration.model], (1, 2, 4, 8, 8)):
        for _ in range(count):
            filters = configuration.width * factor
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
            channels = filters
        layers.append(nn.MaxPool2d(2, 2))
    if configuration.classifier == "linear":
        layers += [nn.Flatten(), nn.Linear(channels * (configuration.size // 32) ** 2, configuration.labels)]
    else:
        # 4,096 units at the papers' width of 64.
        hidden = 64 * configuration.width
        layers += [
            nn.AdaptiveAvgPool2d(7), nn.Flatten(),
            nn.Linear(channels * 49, hidden), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(hidden, configuration.labels),
        ]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def folded(network):
    """The same network for inference: every batch norm folded into the convolution before it."""
    layers = []
    for layer in network.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)

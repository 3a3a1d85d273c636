"""torchvision's VGG with batch norm and EfficientNet-B0, in PyTorch."""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STAGES = {"vgg11": (1, 1, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3)}


# Expansion, kernel, stride, channels and repeats of EfficientNet-B0's stages (Tan and Le 2019, table 1).
MBCONV = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))


class ConvNorm(nn.Sequential):
    """A convolution without bias, batch norm, and SiLU where asked for."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1, activates=True):
        layers = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
        super().__init__(*layers, *([nn.SiLU(inplace=True)] if activates else []))


class Excitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gates = nn.Sequential(
            nn.Conv2d(channels, squeezed, 1), nn.SiLU(inplace=True), nn.Conv2d(squeezed, channels, 1), nn.Sigmoid())

    def forward(self, maps):
        return self.gates(self.pool(maps)) * maps


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride, drop):
        super().__init__()
        inner = inputs * expansion
        self.block = nn.Sequential(
            *([ConvNorm(inputs, inner)] if expansion > 1 else []), ConvNorm(inner, inner, kernel, stride, groups=inner),
            Excitation(inner, max(1, inputs // 4)), ConvNorm(inner, outputs, activates=False))
        self.residual = stride == 1 and inputs == outputs
        self.drop = drop

    def forward(self, maps):
        result = self.block(maps)
        if not self.residual:
            return result
        if self.training and self.drop > 0:
            kept = torch.empty(len(maps), 1, 1, 1).bernoulli_(1 - self.drop).div_(1 - self.drop)
            result = result * kept
        return result + maps


class EfficientNet(nn.Module):
    """EfficientNet-B0 with torchvision's dropout and stochastic depth, of 0.2 each."""

    def __init__(self, labels):
        super().__init__()
        layers, channels = [ConvNorm(3, 32, 3, 2)], 32
        blocks = sum(repeats for *_, repeats in MBCONV)
        for expansion, kernel, stride, outputs, repeats in MBCONV:
            for place in range(repeats):
                layers.append(MBConv(
                    channels, outputs, expansion, kernel, stride if place == 0 else 1, 0.2 * (len(layers) - 1) / blocks))
                channels = outputs
        self.features = nn.Sequential(*layers, ConvNorm(channels, 1280))
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, labels))

    def forward(self, images):
        return self.classifier(self.features(images))


def make_network(configuration):
    """For training, channels last, with random weights that are the same each time."""
    torch.manual_seed(1)
    if configuration.is_efficientnet:
        return EfficientNet(configuration.labels).to(memory_format=torch.channels_last)
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
    if isinstance(network, EfficientNet):
        for module in list(network.eval().modules()):
            if isinstance(module, ConvNorm):
                module[0] = fuse_conv_bn_eval(module[0], module[1])
                module[1] = nn.Identity()
        return network.to(memory_format=torch.channels_last)
    layers = []
    for layer in network.eval():
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)

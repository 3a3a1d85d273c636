"""What is compared: one configuration a line of the table, the same for both sides."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Configuration:
    """One network, mini-batch and way of computing."""

    name: str
    # training or inference
    subject: str
    model: str
    # Filters of a VGG's first convolution.
    width: int
    # Height and width of the input in pixels, for a VGG a multiple of 32.
    size: int
    # Samples of a mini-batch, of all processes together.
    batch: int
    labels: int
    # Threads of each process.
    threads: int
    # 0: one process on each side, nothing sent. Otherwise Filterscope's cluster of so many workers, and
    # DistributedDataParallel over gloo with so many processes.
    workers: int
    # Timed runs of about a second (at least one step) in each round.
    runs: int

    @property
    def classifier(self):
        """Of a VGG: torchvision's three linear layers from 224 pixels on, one linear layer below."""
        return "linear" if self.size < 224 or self.is_efficientnet else "mlp"

    @property
    def is_efficientnet(self):
        return self.model.startswith("efficientnet")

    @property
    def title(self):
        model = self.model if self.is_efficientnet else f"{self.model} width {self.width}"
        shape = f"{self.subject}, {model}, {self.size} pixels, batch {self.batch}, {self.labels} labels"
        threads = f"{self.threads} thread" + "s" * (self.threads > 1)
        if not self.workers:
            return f"{shape}, {threads}"
        return f"{shape}, cluster or DDP: {self.workers} process" + "es" * (self.workers > 1) + f" of {threads}"


def _vgg16(name, subject, threads, size=32, workers=0, runs=4):
    batch, labels = (100, 100) if size == 32 else (8, 1000)
    return Configuration(name, subject, "vgg16", 64, size, batch, labels, threads, workers, runs)


def _efficientnet(name, subject, threads, runs):
    return Configuration(name, subject, "efficientnet-b0", 64, 224, 16, 1000, threads, 0, runs)


# The whole table, in the order of printing. Runs are fewer where one step takes seconds.
TABLE = [
    _vgg16("training-32-1", "training", 1),
    _vgg16("training-32-2", "training", 2),
    _vgg16("inference-32-1", "inference", 1),
    _vgg16("inference-32-2", "inference", 2),
    _vgg16("training-224-1", "training", 1, size=224, runs=2),
    _vgg16("training-224-2", "training", 2, size=224, runs=2),
    _vgg16("inference-224-1", "inference", 1, size=224, runs=3),
    _vgg16("inference-224-2", "inference", 2, size=224, runs=3),
    _efficientnet("efficientnet-training-1", "training", 1, runs=2),
    _efficientnet("efficientnet-training-2", "training", 2, runs=3),
    _efficientnet("efficientnet-inference-1", "inference", 1, runs=3),
    _efficientnet("efficientnet-inference-2", "inference", 2, runs=4),
    _vgg16("cluster-1", "training", 1, workers=1),
    _vgg16("cluster-2", "training", 1, workers=2),
]

NAMES = [configuration.name for configuration in TABLE]

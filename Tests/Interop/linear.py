"""What a worker computes for the network `linear`, as Protocols/computing.md describes it."""
import numpy

FLOAT = numpy.float32
AUGMENTATION = 3  # the purpose that the random numbers of moves and mirrorings are drawn for


class CannotCompute(Exception):
    """A task that this worker does not know how to compute."""


# The fields that are known, with those of objects inside. What else stands in a task may change what is to be computed.
KNOWN = {
    "model": {"name", "labels", "inputSize", "inputChannels", "classifier", "classifierBias", "width", "batchNorm", "dropout"},
    "preprocessing": {"encoding", "outputSize", "normalization", "augmentation", "damaged"},
    "preprocessing.encoding": {"format", "height", "width", "channels"},
    "preprocessing.normalization": {"mean", "deviation"},
    "preprocessing.augmentation": {"flip", "translation"},
    "": {"model", "preprocessing", "trainingShardSize", "surveyShardSize", "labels", "labelSmoothing", "headPool", "headLayers"},
}


def check_fields(value, path=""):
    for name, inner in value.items():
        place = f"{path}.{name}" if path else name
        if name not in KNOWN[path]:
            raise CannotCompute(f"the task says {place!r}, which this worker does not know")
        if isinstance(inner, dict):
            if place not in KNOWN:
                raise CannotCompute(f"the task's {place!r} is an object")
            check_fields(inner, place)


def padded(count):
    """Each tensor of a vector begins at a multiple of 16 floats."""
    return (count + 15) // 16 * 16


class Network:
    """The linear network and its samples' way into it."""

    def __init__(self, task):
        check_fields(task)
        model, preparation = task["model"], task["preprocessing"]
        if model["name"] != "linear":
            raise CannotCompute(f"this worker computes the network linear alone, not {model['name']}")
        self.labels = model["labels"]
        if task["labels"] != self.labels:
            raise CannotCompute("the samples' labels are not the network's")
        self.size, self.channels = model["inputSize"], model["inputChannels"]
        self.inputs = self.size * self.size * self.channels
        self.has_bias = model["classifierBias"]
        self.bias_start = padded(self.labels * self.inputs)
        self.vector_length = self.bias_start + (padded(self.labels) if self.has_bias else 0)
        self.smoothing = task.get("labelSmoothing") or 0.0

        self.encoding = preparation["encoding"]
        if self.encoding["format"] != "uint8-hwc":
            raise CannotCompute(f"this worker does not decode {self.encoding['format']}")
        self.augmentation = preparation["augmentation"]
        normalization = preparation["normalization"]
        mean, deviation = (numpy.array(normalization[name], FLOAT) for name in ("mean", "deviation"))
        pixels = numpy.arange(256, dtype=FLOAT)[:, None]
        # [256, channels]: (v / 255 − mean) / deviation, in float32 and in that order.
        self.table = (pixels / FLOAT(255) - mean) / deviation

    # Samples

    def prepare(self, data, indices, epoch, seed, augment):
        """[samples, H · W · C] floats from the bytes of so many samples."""
        height, width = self.encoding["height"], self.encoding["width"]
        pixels = data.reshape(len(indices), height, width, self.channels)
        images = numpy.empty((len(indices), self.size, self.size, self.channels), FLOAT)
        images[:] = self.table[0]
        if augment:
            moves = draw_moves(indices, epoch, seed, self.augmentation["translation"], self.augmentation["flip"])
        else:
            moves = [(0, 0, False)] * len(indices)
        channel = numpy.arange(self.channels)
        for image, sample, (down, right, mirrored) in zip(images, pixels, moves):
            top, left = (self.size - height) // 2 + down, (self.size - width) // 2 + right
            rows = slice(max(0, top), max(0, min(self.size, top + height)))
            columns = slice(max(0, left), max(0, min(self.size, left + width)))
            seen = sample[rows.start - top:rows.stop - top, columns.start - left:columns.stop - left]
            image[rows, columns] = self.table[seen, channel]
            if mirrored:
                image[:] = image[:, ::-1].copy()
        return images.reshape(len(indices), self.inputs)

    # Network

    def parts(self, vector):
        """Weights [labels, inputs] and bias [labels] of a vector, as views."""
        weights = vector[:self.labels * self.inputs].reshape(self.labels, self.inputs)
        return weights, (vector[self.bias_start:self.bias_start + self.labels] if self.has_bias else None)

    def logits(self, vector, images):
        weights, bias = self.parts(vector)
        logits = images @ weights.T
        return logits if bias is None else logits + bias

    def train(self, vector, images, labels, batch_count):
        """The gradient of Σ loss / batch_count in the vector's layout, Σ loss, and how many are right."""
        logits = self.logits(vector, images)
        target = numpy.full(logits.shape, self.smoothing / self.labels)
        target[numpy.arange(len(labels)), labels] += 1 - self.smoothing
        loss, share = cross_entropy(logits, target)
        slope = ((share - target) / batch_count).astype(FLOAT)
        gradient = numpy.zeros(self.vector_length, FLOAT)
        weights, bias = self.parts(gradient)
        weights[:] = slope.T @ images
        if bias is not None:
            bias[:] = slope.sum(axis=0)
        return gradient, loss, int((ranks(logits, labels) == 0).sum())

    def judge(self, vector, images, labels):
        """Σ loss without smoothing, how many are right, and how many are among the five largest."""
        logits = self.logits(vector, images)
        target = numpy.zeros(logits.shape)
        target[numpy.arange(len(labels)), labels] = 1
        rank = ranks(logits, labels)
        return cross_entropy(logits, target)[0], int((rank == 0).sum()), int((rank < 5).sum())


def cross_entropy(logits, target):
    """Σ over the rows, and each row's softmax, both in float64."""
    logits = logits.astype(numpy.float64)
    logits -= logits.max(axis=1, keepdims=True)
    powers = numpy.exp(logits)
    sums = powers.sum(axis=1, keepdims=True)
    return float((target * (numpy.log(sums) - logits)).sum()), powers / sums


def ranks(logits, labels):
    """How many logits of a row stand before its label's: larger ones, and equal ones of lower labels."""
    own = logits[numpy.arange(len(labels)), labels][:, None]
    before = numpy.arange(logits.shape[1])[None, :] < labels[:, None]
    return ((logits > own) | ((logits == own) & before)).sum(axis=1)


# The tree

def add_up(sums, node, count):
    """Adds the sums of a node's shards, by shard, pairwise along the tree over `count` shards."""
    level, index = node["level"], node["index"]
    if level == 0:
        return sums[index]
    left = add_up(sums, {"level": level - 1, "index": 2 * index}, count)
    if (2 * index + 1) << (level - 1) >= count:
        return left
    right = add_up(sums, {"level": level - 1, "index": 2 * index + 1}, count)
    return {name: left[name] + right[name] for name in left}


# Random numbers

def philox(counters, seed):
    """Philox 4×32-10: [n, 4] words from [n, 4] counters."""
    mask = numpy.uint64(0xFFFFFFFF)
    words = counters.astype(numpy.uint64)
    keys = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, second = words[:, 0] * numpy.uint64(0xD2511F53), words[:, 2] * numpy.uint64(0xCD9E8D57)
        words = numpy.stack([
            (second >> numpy.uint64(32)) ^ words[:, 1] ^ numpy.uint64(keys[0]), second & mask,
            (first >> numpy.uint64(32)) ^ words[:, 3] ^ numpy.uint64(keys[1]), first & mask,
        ], axis=1)
        keys = [(keys[0] + 0x9E3779B9) & 0xFFFFFFFF, (keys[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return words


def draw_moves(indices, epoch, seed, translation, flip):
    """(down, right, mirrored) of each sample."""
    streams = [philox(numpy.array([[i, epoch, block, AUGMENTATION] for i in indices]), seed) for block in range(4)]
    words = numpy.concatenate(streams, axis=1).tolist()
    moves = []
    for row in words:
        stream = iter(row)
        down = below(stream, 2 * translation + 1) - translation if translation else 0
        right = below(stream, 2 * translation + 1) - translation if translation else 0
        moves.append((down, right, bool(flip and next(stream) & 1)))
    return moves


def below(stream, bound):
    """A number from 0 to bound − 1, each as likely as the others."""
    threshold = (1 << 32) % bound
    while True:
        product = next(stream) * bound
        if product & 0xFFFFFFFF >= threshold:
            return product >> 32

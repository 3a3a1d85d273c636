"""Reads and writes safetensors files of float32 and int64 tensors, without a package for it."""

import json
import struct

import torch

TYPES = {"F32": torch.float32, "I64": torch.int64}


def read(path):
    """Name to tensor, copied out of the file."""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        flat = torch.frombuffer(body, dtype=TYPES[entry["dtype"]], count=(last - first) // (4 if entry["dtype"] == "F32" else 8),
                                offset=first) if last > first else torch.zeros(0)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def write(path, tensors):
    header, body, place = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.contiguous().numpy().tobytes()
        kind = next(key for key, value in TYPES.items() if value == tensor.dtype)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [place, place + len(data)]}
        body.append(data)
        place += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for data in body:
            file.write(data)

"""Filterscope's protocol, version 1, as Protocols/README.md describes it: messages to frames and back.

A message is a dict with `kind`, `run`, `sender`, `body`, perhaps `unit`, and `tensors`: a list of (name, numpy array).
"""
import json
import re
import sys

import numpy

VERSION = 1
HEADER_BYTES = 1 << 20
NESTING = 16
FRAMES = 4096
FRAME_BYTES = 1 << 30
MESSAGE_BYTES = 4 << 30
RANK = 8
NAME_BYTES = 256
CHUNK_BYTES = 4 << 20

TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1", "BOOL": "?",
}
NAMES = {numpy.dtype(code): name for name, code in TYPES.items()}


class BadMessage(Exception):
    """A message that breaks the protocol."""


class OtherVersion(BadMessage):
    """A message of another version; `header` is what could be read of it."""

    def __init__(self, theirs, header, ours=VERSION):
        old = "the other side is too old" if theirs < ours else "this side is too old"
        super().__init__(f"the other side speaks protocol version {theirs}, this side version {ours}: {old}")
        self.theirs, self.header = theirs, header


def encode(kind, body, run="", sender="", unit=None, tensors=(), version=VERSION):
    """The frames of a message; `tensors` are pairs of a name and an array."""
    arrays = [(name, numpy.ascontiguousarray(array, numpy.asarray(array).dtype.newbyteorder("<"))) for name, array in tensors]
    header = {
        "protocol": version, "kind": kind, "run": run, "sender": sender, "body": body,
        "tensors": [
            {"name": name, "type": NAMES[array.dtype], "shape": list(array.shape), "bytes": array.nbytes} for name, array in arrays
        ],
    }
    if unit is not None:
        header["unit"] = unit
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    if len(text) > HEADER_BYTES:
        raise BadMessage(f"a header of {len(text)} bytes")
    frames = [text]
    for _, array in arrays:
        data = array.tobytes()
        # An empty tensor still takes one frame, an empty one.
        frames += [data[start:start + CHUNK_BYTES] for start in range(0, max(1, len(data)), CHUNK_BYTES)]
    return frames


def check_frames(frames):
    if not 1 <= len(frames) <= FRAMES:
        raise BadMessage(f"{len(frames)} frames")
    if len(frames[0]) > HEADER_BYTES:
        raise BadMessage(f"a header of {len(frames[0])} bytes")
    if max(map(len, frames)) > FRAME_BYTES or sum(map(len, frames)) > MESSAGE_BYTES:
        raise BadMessage("too many bytes")


def read_header(frame):
    """The header as a dict, its outline checked; its version is for the caller to judge."""
    depth = deepest = 0
    for character in re.sub(rb'"(?:\\.|[^"\\])*"', b"", frame):
        depth += character in b"{["
        depth -= character in b"}]"
        deepest = max(deepest, depth)
    if deepest > NESTING:
        raise BadMessage(f"a header nested {deepest} deep")
    try:
        header = json.loads(frame.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadMessage(f"the header is no JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("protocol"), int) or not isinstance(header.get("kind"), str):
        raise BadMessage("the header lacks protocol or kind")
    return header


def decode(frames, version=VERSION):
    """The header as a dict, its `tensors` a dict of arrays by name; tensors that lie in memory in common are left out."""
    check_frames(frames)
    header = read_header(frames[0])
    if header["protocol"] != version:
        raise OtherVersion(header["protocol"], header, version)
    if not isinstance(header.get("body"), dict):
        raise BadMessage("the header lacks its body")
    header["tensors"] = dict(read_tensors(header.get("tensors") or [], frames[1:]))
    return header


def read_tensors(table, frames):
    """Takes frames for one tensor after the other; none is shared, none left over."""
    rest = list(frames)
    for entry in table:
        name, shape, count = entry["name"], entry["shape"], entry["bytes"]
        if not 1 <= len(name.encode()) <= NAME_BYTES or len(shape) > RANK or entry["type"] not in TYPES or min(shape, default=0) < 0:
            raise BadMessage(f"tensor {name!r} is announced wrongly")
        dtype, elements = numpy.dtype(TYPES[entry["type"]]), 1
        for extent in shape:
            elements *= extent
        if elements * dtype.itemsize != count:
            raise BadMessage(f"tensor {name!r} has {elements * dtype.itemsize} bytes, {count} are announced")
        if "memory" in entry:
            continue
        if not rest:
            raise BadMessage(f"tensor {name!r} has no frame")
        pieces = [rest.pop(0)]
        have = len(pieces[0])
        while have < count:
            if not rest or not rest[0]:
                raise BadMessage(f"tensor {name!r} is cut short")
            pieces.append(rest.pop(0))
            have += len(pieces[-1])
        if have != count:
            raise BadMessage(f"tensor {name!r} has {have} bytes, {count} are announced")
        yield name, numpy.frombuffer(b"".join(pieces), dtype).reshape(shape)
    if rest:
        raise BadMessage(f"{len(rest)} frames are left over")


def recorded(path):
    """The frames of a file of Protocols/recorded."""
    with open(path) as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    return [line[7:].encode() if line.startswith("header ") else bytes.fromhex(line[6:]) for line in lines]


def main():
    """Reads recorded messages and writes them again: the same bytes, but for tensors that lie in memory in common."""
    for path in sys.argv[1:]:
        frames = recorded(path)
        message = decode(frames)
        if not any("memory" in entry for entry in json.loads(frames[0])["tensors"]):
            again = encode(
                message["kind"], message["body"], message["run"], message["sender"], message.get("unit"), message["tensors"].items())
            if again != frames:
                sys.exit(f"{path}: written otherwise: {again[0].decode()}")
        print(path, message["kind"], *message["tensors"])


if __name__ == "__main__":
    main()

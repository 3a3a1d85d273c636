#!/usr/bin/python3
"""Stands between workers, observers and a coordinator, passes every frame on as it is, and validates every header.

    proxy.py --connect tcp://127.0.0.1:5555 --schemas Protocols/schemas --report report.json

The first line on standard output is the address where clients connect. On SIGTERM it writes the report and ends: how many
messages of each kind went which way, and every header that its schema or the codec refuses.
"""
import argparse
import json
import os
import pathlib
import signal
import sys

import jsonschema
import zmq

import wire

TO_COORDINATOR = {"hello", "heartbeat", "data", "result", "failure", "log", "goodbye", "status-request", "logs-request"}


class Checker:
    """Counts and validates messages."""

    def __init__(self, folder):
        self.validators = {}
        for path in pathlib.Path(folder).glob("*.schema.json"):
            schema = json.loads(path.read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validators[path.name.removesuffix(".schema.json")] = jsonschema.Draft202012Validator(schema)
        task = json.loads((pathlib.Path(folder).parent / "task.schema.json").read_text())
        self.task_validator = jsonschema.Draft202012Validator(task)
        self.counts, self.forms, self.violations = {}, {}, []

    def check(self, frames, up):
        try:
            header = wire.read_header(frames[0])
        except wire.BadMessage as bad:
            return self.note("?", up, str(bad), frames)
        kind = header["kind"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.count_form(kind, header)
        if (kind in TO_COORDINATOR) != up:
            self.note(kind, up, "goes the wrong way", frames)
        validator = self.validators.get(kind)
        if validator is None:
            return self.note(kind, up, "has no schema", frames)
        for error in validator.iter_errors(header):
            self.note(kind, up, f"{error.json_path}: {error.message[:300]}", frames)
        try:
            wire.decode(frames)
        except wire.BadMessage as bad:
            self.note(kind, up, str(bad), frames)
        if kind == "welcome":
            for error in self.task_validator.iter_errors(json.loads(header["body"]["task"])):
                self.note("task", up, f"{error.json_path}: {error.message[:300]}", frames)

    def count_form(self, kind, header):
        """The ways in which one kind can come."""
        body = header.get("body", {})
        forms = []
        if kind in ("unit", "samples"):
            forms.append(body["work"]["kind"] + (" with samples" if any(t["name"] == "samples" for t in header["tensors"]) else ""))
        if kind == "refused":
            forms.append(body["code"])
        if kind in ("parameters", "result"):
            forms.append("in memory" if any("memory" in entry for entry in header["tensors"]) else "in frames")
        if kind == "acknowledgement":
            forms.append("of " + body["of"])
        for form in forms:
            name = f"{kind}: {form}"
            self.forms[name] = self.forms.get(name, 0) + 1

    def note(self, kind, up, what, frames):
        if len(self.violations) < 100:
            self.violations.append({
                "kind": kind, "toCoordinator": up, "what": what, "header": frames[0][:2000].decode("utf-8", "replace"),
            })

    def report(self):
        return {"counts": self.counts, "forms": self.forms, "violations": self.violations}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connect", required=True)
    parser.add_argument("--schemas", required=True)
    parser.add_argument("--report", required=True)
    options = parser.parse_args()
    checker = Checker(options.schemas)
    context = zmq.Context.instance()
    front = context.socket(zmq.ROUTER)
    front.setsockopt(zmq.SNDHWM, 0)
    port = front.bind_to_random_port("tcp://127.0.0.1")
    print(f"tcp://127.0.0.1:{port}", flush=True)
    # The coordinator tells clients apart by their connections: each gets one of its own.
    behind, client_of = {}, {}
    poller = zmq.Poller()
    poller.register(front, zmq.POLLIN)

    def finish(*_):
        pathlib.Path(options.report).write_text(json.dumps(checker.report(), indent=2))
        # At once, whatever the sockets still hold.
        os._exit(0)

    signal.signal(signal.SIGTERM, finish)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    while True:
        for ready, _ in poller.poll(100):
            frames = ready.recv_multipart()
            if ready is front:
                client, frames = frames[0], frames[1:]
                if client not in behind:
                    dealer = context.socket(zmq.DEALER)
                    dealer.setsockopt(zmq.SNDHWM, 0)
                    dealer.connect(options.connect)
                    poller.register(dealer, zmq.POLLIN)
                    behind[client], client_of[dealer] = dealer, client
                checker.check(frames, up=True)
                behind[client].send_multipart(frames)
            else:
                checker.check(frames, up=False)
                front.send_multipart([client_of[ready]] + frames)


if __name__ == "__main__":
    sys.exit(main())

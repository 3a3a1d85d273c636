#!/usr/bin/python3
"""A worker for Filterscope in Python, written from Protocols/README.md and Protocols/computing.md alone.

It computes the network `linear` with numpy. A run admits it when its coordinator was started with --mixed, for numpy's last bits
are others than those of the kernels in Swift.

    worker.py --connect tcp://127.0.0.1:5555 --name pythia
"""
import argparse
import json
import os
import platform
import resource
import signal
import socket
import sys
import time
import uuid

import numpy
import zmq

import linear
import wire

HELLO_SECONDS = 2.0


class Departure(Exception):
    """Why the worker ends; `failed` where that is an error."""

    def __init__(self, text, failed=True):
        super().__init__(text)
        self.failed = failed


class Worker:
    def __init__(self, options):
        self.options = options
        self.version = options.protocol
        self.incarnation = str(uuid.uuid4()).upper()
        self.dealer = zmq.Context.instance().socket(zmq.DEALER)
        # Without a connection nothing is queued: what would be sent late is worth nothing.
        for option, value in ((zmq.IMMEDIATE, 1), (zmq.LINGER, 1000), (zmq.HEARTBEAT_IVL, 2000), (zmq.HEARTBEAT_TIMEOUT, 10000)):
            self.dealer.setsockopt(option, value)
        self.dealer.connect(options.connect)
        self.run, self.name = "", options.name
        self.network = None
        self.parameters = {}  # set: (version, vector)
        self.ahead = {}  # unit: tensors that came before it
        self.joined = False
        self.heard = time.monotonic()
        self.last_hello = self.last_beat = 0.0
        self.heartbeat_seconds, self.timeout_seconds = 1.0, 10.0
        self.beats = self.units_done = self.log_records = 0

    # Sending

    def send(self, kind, body, unit=None, tensors=()):
        run = self.run if self.joined else ""
        frames = wire.encode(kind, body, run, self.name, unit, tensors, version=self.version)
        try:
            self.dealer.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            pass  # no connection: hello comes first when there is one again

    def say(self, level, message, **fields):
        """A log record, for the run's log and for standard error."""
        print(message, " ".join(f"{name}={value}" for name, value in fields.items()), file=sys.stderr, flush=True)
        if not self.joined:
            return
        self.log_records += 1
        record = {
            "time": time.time(), "level": level, "source": self.name, "message": message,
            "fields": {name: str(value) for name, value in fields.items()},
        }
        self.send("log", {"firstSequence": self.log_records, "records": [record], "dropped": 0})

    def hello(self):
        self.last_hello = time.monotonic()
        blas = numpy.__config__.get_info("blas_opt_info").get("libraries", ["?"])[0] if hasattr(numpy.__config__, "get_info") else "?"
        self.send("hello", {
            "name": self.options.name, "incarnation": self.incarnation, "host": socket.gethostname(), "pid": os.getpid(), "threads": 1,
            "fingerprint": f"numpy-{numpy.__version__} {blas} {platform.machine()}",
            "protocolRange": {"lowest": max(1, self.version), "highest": max(1, self.version)}, "samplesAhead": True,
        })

    def beat(self):
        self.last_beat = time.monotonic()
        self.beats += 1
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.send("heartbeat", {"sequence": self.beats, "lanesBusy": 0, "residentBytes": resident, "unitsDone": self.units_done})

    # Life

    def work(self):
        while True:
            now = time.monotonic()
            if self.joined and now - self.heard >= self.timeout_seconds:
                self.forget("the coordinator was silent")
            if self.joined:
                if now - self.last_beat >= self.heartbeat_seconds:
                    self.beat()
                wait = self.last_beat + self.heartbeat_seconds - now
            else:
                if now - self.heard >= self.options.give_up:
                    raise Departure(f"no coordinator answered at {self.options.connect} within {self.options.give_up:g} s")
                if now - self.last_hello >= HELLO_SECONDS:
                    self.hello()
                wait = self.last_hello + HELLO_SECONDS - now if self.last_hello else 0.1
            if self.dealer.poll(max(1, min(0.2, wait) * 1000)):
                self.take(self.dealer.recv_multipart())

    def take(self, frames):
        self.heard = time.monotonic()
        try:
            message = wire.decode(frames, version=self.version)
        except wire.OtherVersion as other:
            old = "this worker" if other.theirs > self.version else "the coordinator"
            reason = other.header.get("body", {}).get("reason", "") if other.header["kind"] == "refused" else ""
            raise Departure(
                f"the coordinator speaks protocol version {other.theirs}, this worker version {self.version}: {old} is too old"
                + (f" (the coordinator says: {reason})" if reason else "")) from None
        except wire.BadMessage as bad:
            return self.say(2, "message not understood", reason=bad)
        handler = getattr(self, "on_" + message["kind"], None)
        if handler:
            handler(message)
        else:
            # Nobody drops a connection over something new.
            self.say(2, "message of an unknown kind passed over", kind=message["kind"])

    def forget(self, why):
        self.say(2, "joining again", reason=why)
        self.joined, self.last_hello, self.heard = False, 0.0, time.monotonic()
        self.parameters, self.ahead = {}, {}

    def on_welcome(self, message):
        body = message["body"]
        self.run, self.name = body["run"], body["name"]
        self.heartbeat_seconds, self.timeout_seconds = body["heartbeatSeconds"], body["timeoutSeconds"]
        self.joined = True
        self.parameters, self.ahead = {}, {}
        self.beat()
        try:
            self.network = linear.Network(json.loads(body["task"]))
        except (linear.CannotCompute, KeyError) as error:
            self.send("goodbye", {"reason": f"cannot compute this task: {error}"})
            raise Departure(f"cannot compute this task: {error}") from None
        self.say(1, "joined", language="Python", numpy=numpy.__version__)

    def on_refused(self, message):
        body = message["body"]
        if body["code"] in ("unknown-peer", "wrong-run"):
            if self.joined:
                self.forget(body["reason"])
        elif body["code"] == "unknown-kind":
            self.say(2, "the coordinator does not know a kind of message", reason=body["reason"])
        else:
            raise Departure(f"the coordinator refused ({body['code']}): {body['reason']}; {body.get('remedy', '')}")

    def on_ended(self, message):
        self.send("goodbye", {"reason": f"the run is {message['body']['outcome']}"})
        raise Departure(f"the run is {message['body']['outcome']}", failed=False)

    def on_acknowledgement(self, message):
        """Heartbeats and log records have arrived; nothing waits for it here."""

    def on_parameters(self, message):
        body = message["body"]
        self.parameters[body["set"]] = (body["version"], message["tensors"]["flat"])

    def on_samples(self, message):
        self.ahead[message["unit"]] = message["tensors"]

    def on_cancel(self, message):
        self.ahead.pop(message["unit"], None)

    # Units

    def on_unit(self, message):
        unit, work = message["unit"], message["body"]["work"]
        if work["kind"] == "train" and any(self.options.dies_of in shard["sampleIndices"] for shard in work["details"]["part"]["shards"]):
            os.kill(os.getpid(), signal.SIGKILL)
        early = self.ahead.pop(unit, None)
        start = time.monotonic()
        try:
            tensors = message["tensors"] or early or {}
            vectors = {}
            for need in message["body"]["needs"]:
                version, vector = self.parameters.get(need["set"], (None, None))
                if version != need["version"]:
                    raise linear.CannotCompute(f"parameters {need['set']} version {need['version']} are not here")
                vectors[need["set"]] = vector
            if work["kind"] == "train":
                figures, results = self.train(work["details"], vectors, tensors)
            elif work["kind"] == "survey":
                figures, results = self.survey(work["details"], vectors, tensors)
            else:
                raise linear.CannotCompute(f"units of kind {work['kind']} are not known here")
        except (linear.CannotCompute, KeyError, ValueError, IndexError) as error:
            self.say(3, "unit failed", unit=unit, cause=error)
            return self.send("failure", {"what": f"{type(error).__name__}: {error}", "retryable": True}, unit=unit)
        time.sleep(self.options.slow)
        self.units_done += 1
        self.send("result", {"seconds": time.monotonic() - start, "waitedSeconds": 0, "figures": figures}, unit=unit, tensors=results)

    def shards(self, details, tensors):
        """(index, sample indices, bytes, labels) of each shard of a unit."""
        part, first = details["part"], 0
        bytes_per_sample = tensors["samples"].size // max(1, tensors["labels"].size)
        for shard in part["shards"]:
            indices = shard["sampleIndices"]
            last = first + len(indices)
            yield shard["index"], indices, tensors["samples"][first * bytes_per_sample:last * bytes_per_sample], tensors["labels"][first:last]
            first = last

    def train(self, details, vectors, tensors):
        sums = {}
        for index, indices, data, labels in self.shards(details, tensors):
            images = self.network.prepare(data, indices, details["epoch"], details["seed"], details["augment"])
            gradient, loss, correct = self.network.train(vectors["network"], images, labels, details["batchCount"])
            sums[index] = {"gradient": gradient, "samples": len(labels), "loss": loss, "correct": correct}
        part = details["part"]
        total = linear.add_up(sums, part["node"], part["shardCount"])
        gradient = total.pop("gradient")
        # The network has no batch norm: its statistics are an empty vector.
        return total, [("gradient", gradient), ("statistics", numpy.zeros(0, numpy.float32))]

    def survey(self, details, vectors, tensors):
        if details["wantHeads"] or details["wantLabelSums"]:
            raise linear.CannotCompute("the network linear has neither heads nor filters")
        sums = {}
        for index, indices, data, labels in self.shards(details, tensors):
            start = time.monotonic()
            images = self.network.prepare(data, indices, 0, 0, False)
            loss, correct, top5 = self.network.judge(vectors["network"], images, labels)
            sums[index] = {
                "samples": len(labels), "loss": loss, "correct": correct, "correct.top5": top5, "seconds.forward": time.monotonic() - start,
            }
        return linear.add_up(sums, details["part"]["node"], details["part"]["shardCount"]), []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connect", required=True)
    parser.add_argument("--name", default=f"python-{os.getpid()}")
    parser.add_argument("--give-up", type=float, default=60, help="seconds without a coordinator after which it ends")
    parser.add_argument("--protocol", type=int, default=wire.VERSION, help="claim to speak another version, for tests")
    parser.add_argument("--slow", type=float, default=0, help="seconds to idle for each unit, for tests")
    parser.add_argument("--dies-of", type=int, help="a training sample whose units kill it, for tests")
    options = parser.parse_args()
    worker = Worker(options)
    try:
        worker.work()
    except Departure as departure:
        print(departure, file=sys.stderr)
        return int(departure.failed)
    except KeyboardInterrupt:
        worker.send("goodbye", {"reason": "interrupted"})
        return 130
    finally:
        worker.dealer.close()
        zmq.Context.instance().term()


if __name__ == "__main__":
    sys.exit(main())

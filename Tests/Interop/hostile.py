#!/usr/bin/python3
"""A client of ill will: sends a coordinator everything that it should not take, and says what it sent and what came back.

    hostile.py --connect tcp://127.0.0.1:PORT --messages 100000 --seed 1 [--incarnation UUID]

What it sends is drawn from the seed. It learns what anybody can learn (the run's identifier from its log, the kernels' fingerprint
from a refusal), joins as a worker for moments at a time and misbehaves from inside; `--incarnation` is that of a worker that is
present, whose place it tries to take. Prints one JSON object: messages and connections sent by kind, answers by kind, and what
the coordinator says it refused.
"""
import argparse
import json
import os
import random
import re
import socket
import struct
import sys
import time
import uuid

import zmq

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "..", "..", "Protocols", "recorded")


def recorded_frames():
    """The frames of every recorded message, by name; but for commands, which without keys are anybody's to give."""
    messages = {}
    for name in sorted(os.listdir(RECORDED)):
        if name.startswith("command"):
            continue
        frames = []
        with open(os.path.join(RECORDED, name), encoding="utf-8") as file:
            for line in file.read().split("\n"):
                if line.startswith("header "):
                    frames.append(line[7:].encode())
                elif line.startswith("frame "):
                    frames.append(bytes.fromhex(line[6:]))
        messages[name.removesuffix(".frames")] = frames
    return messages


def header(kind, body, run="", sender="mallory", **more):
    return json.dumps({"protocol": 1, "kind": kind, "run": run, "sender": sender, "body": body, **more}).encode()


class Zmtp:
    """ZMTP 3.0 by hand, for what libzmq would not send."""

    GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)

    def __init__(self, address, greet=True):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=5)
        self.socket.settimeout(5)
        if greet:
            ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
            self.send(self.GREETING + b"\x04" + bytes([len(ready)]) + ready)
            self.receive(64)
            length = self.receive(2)[1]
            self.receive(length)

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("hung up")
            data += piece
        return data

    def send(self, data):
        self.socket.sendall(data)

    def frame(self, data, more=False):
        head = bytes([(1 if more else 0) | 2]) + struct.pack(">Q", len(data)) if len(data) > 255 else bytes([int(more), len(data)])
        self.send(head + data)

    def close(self):
        self.socket.close()


class Hostile:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.address = options.connect
        self.run = "unknown-run"
        self.fingerprint = ""
        self.context = zmq.Context()
        self.sent = {}
        self.answers = {}
        self.failures = []
        self.recorded = recorded_frames()
        self.dealers = []
        self.held = []
        self.asker = self.dealer()
        self.status = None

    # Sockets

    def dealer(self):
        dealer = self.context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.LINGER, 0)
        dealer.setsockopt(zmq.SNDHWM, 100_000)
        dealer.setsockopt(zmq.RCVHWM, 100_000)
        dealer.connect(self.address)
        return dealer

    def drain(self, dealer, wait=0):
        """Reads what came back, waiting for the first of it."""
        count = 0
        while dealer.poll(wait if count == 0 else 0):
            answer = json.loads(dealer.recv_multipart()[0])
            word = answer["kind"]
            if word == "refused":
                word += ": " + answer["body"]["code"]
            self.answers[word] = self.answers.get(word, 0) + 1
            if answer["kind"] == "status":
                self.status = answer["body"]
            count += 1
        return count

    def note(self, kind, count=1):
        self.sent[kind] = self.sent.get(kind, 0) + count

    def catch_up(self, patience=20.0):
        """Waits until the coordinator has read what was sent: it answers in turn."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.asker.send(header("status-request", {}))
            self.note("questions: status")
            before = self.answers.get("status", 0)
            until = time.monotonic() + 1.0
            while time.monotonic() < until:
                self.drain(self.asker, wait=50)
                if self.answers.get("status", 0) > before:
                    return True
        return False

    def learn(self, patience=30.0):
        """What a stranger finds out: the kernels' fingerprint, and the run's identifier once a worker has joined."""
        spy = self.dealer()
        end = time.monotonic() + patience
        while time.monotonic() < end and not (self.fingerprint and self.run != "unknown-run"):
            spy.send(header("hello", self.hello()))
            spy.send(header("logs-request", {"after": 0, "limit": 1000, "grep": "joined"}))
            until = time.monotonic() + 0.5
            while spy.poll(max(0, int(1000 * (until - time.monotonic())))):
                answer = json.loads(spy.recv_multipart()[0])
                if answer["kind"] == "refused":
                    found = re.search(r"this run's are (.*), and results", answer["body"]["reason"])
                    self.fingerprint = found.group(1) if found else self.fingerprint
                elif answer["kind"] == "logs":
                    for entry in answer["body"]["entries"]:
                        self.run = entry["record"]["fields"].get("run", self.run) if entry["record"]["message"] == "joined" else self.run
        spy.close()
        if not self.fingerprint or self.run == "unknown-run":
            self.failures.append("the run's identifier or fingerprint was not to be learnt")

    # What is sent as messages: each yields (kind, frames)

    def word(self, count=8):
        return "".join(self.random.choice("abcdefghij") for _ in range(count))

    def malformed(self):
        r = self.random
        choice = r.randrange(16)
        run = r.choice(["", self.run])
        if choice == 0:
            frames = [r.randbytes(r.randrange(1, 400))]
        elif choice == 1:
            depth = r.choice([17, 100, 10_000, 100_000])
            frames = [b'{"protocol":1,"kind":"hello","run":"","sender":"m","body":' + b"[" * depth + b"]" * depth + b"}"]
        elif choice == 2:
            frames = [header("result", {"seconds": r.choice(["soon", [], {}, None, True]), "figures": {}}, run, unit=1)]
        elif choice == 3:
            frames = [b'{"protocol":1,"kind":"result","run":"","sender":"m","unit":1,"body":{"seconds":NaN,"figures":{"loss":-Infinity}}}']
        elif choice == 4:
            frames = [header("heartbeat", {"sequence": 1}, run).replace(b"1", b"1\0", 1)]
        elif choice == 5:
            number = r.choice(["1e400", "-1", "9" * 400, "1.5", "18446744073709551616", "9007199254740993", "-9223372036854775809"])
            body = '{"sequence":%s,"lanesBusy":0,"residentBytes":0,"unitsDone":0}' % number
            frames = [b'{"protocol":1,"kind":"heartbeat","run":"","sender":"m","body":' + body.encode() + b"}"]
        elif choice == 6:
            frames = [header("hello", self.hello(name=r.choice(["\x1b[31mred", "a\nb", "", "x" * 257, "\u0000", "\u0085"])), "")]
        elif choice == 7:
            frames = [b""]
        elif choice == 8:
            frames = [header("hello", self.hello(incarnation=self.word()), "")]
        elif choice == 9:
            # A shape whose product overflows, or does not fit what is announced.
            shape = r.choice([[1 << 62, 4], [1 << 32, 1 << 32], [-1, 4], [2] * 9, [1 << 53] * 8, [0, 1 << 62]])
            table = [{"name": "gradient", "type": r.choice(["F32", "F64", "X9"]), "shape": shape, "bytes": r.choice([0, 16, 1 << 62])}]
            frames = [header("result", {"seconds": 1, "figures": {}}, run, unit=r.randrange(1 << 64), tensors=table), bytes(16)]
        elif choice == 10:
            frames = [b"\xff\xfe" + header("hello", self.hello(), "").decode().encode("utf-16-le")]
        elif choice == 11:
            frames = [header("hello", self.hello(), "").replace(b'"hello"', b'"hello\xc3\x28"')]
        elif choice == 12:
            frames = [header("hello", self.hello(threads=r.choice([0, -1, 65_537, 1 << 53])), "")]
        elif choice == 13:
            frames = [b'{"protocol":1,"kind":"log","run":"","sender":"m","body":{"firstSequence":1,"dropped":0,"records":[{"time":1e999}]}}']
        elif choice == 14:
            frames = [header("logs-request", {"after": 0, "limit": 10, "grep": "x" * r.choice([70_000, 2_000_000 // 8]), "since": 0})]
        else:
            frames = [b"{" * r.randrange(1, 16) + b'"a":' * 3]
        return frames

    def truncated(self):
        r = self.random
        name = r.choice([name for name, frames in self.recorded.items() if len(frames) > 1] + list(self.recorded))
        frames = list(self.recorded[name])
        how = r.randrange(3)
        if how == 0 and len(frames) > 1:
            del frames[r.randrange(1, len(frames))]
        elif how == 1 and len(frames) > 1 and any(frames[1:]):
            place = r.choice([index for index in range(1, len(frames)) if frames[index]])
            frames[place] = frames[place][: r.randrange(len(frames[place]))]
            if not frames[place]:
                frames[place] = b"" if len(frames) > 2 else b"x"
        else:
            frames[0] = frames[0][: r.randrange(1, len(frames[0]) - 1)]
        return frames

    def oversized(self):
        choice = self.random.randrange(3)
        if choice == 0:
            return [header("logs-request", {"after": 0, "limit": 1, "grep": "y" * (1 << 20)})]
        if choice == 1:
            return [header("goodbye", {"reason": "many"}, self.run)] + [b""] * 4200
        return [header("result", {"seconds": 1, "figures": {}}, self.run, unit=1)] + [bytes(600_000)] * 2

    def replayed(self):
        name = self.random.choice(list(self.recorded))
        frames = list(self.recorded[name])
        if self.random.random() < 0.5:
            frames[0] = frames[0].replace(b'"run":"fashion-demo-1"', b'"run":' + json.dumps(self.run).encode())
        return frames

    def unasked(self):
        r = self.random
        choice = r.randrange(7)
        unit = r.randrange(1, 2000)
        if choice == 0:
            table = [{"name": "gradient", "type": "F32", "shape": [4], "bytes": 16}]
            return [header("result", {"seconds": 1, "figures": {"loss": 0, "samples": 25}}, self.run, unit=unit, tensors=table), bytes(16)]
        if choice == 1:
            return [header("failure", {"what": "no", "retryable": False, "sample": 3}, self.run, unit=unit)]
        if choice == 2:
            place = {"process": r.choice([1, os.getpid(), os.getppid(), 2**31 - 1]), "descriptor": r.randrange(32), "identifier": "0" * 32, "sequence": 1}
            table = [{"name": "gradient", "type": "F32", "shape": [1 << 20], "bytes": 4 << 20, "memory": place}]
            return [header("result", {"seconds": 1, "figures": {}}, self.run, unit=unit, tensors=table)]
        if choice == 3:
            return [header("goodbye", {"reason": "for " + self.options.worker}, self.run, sender=self.options.worker)]
        if choice == 4:
            record = {"time": 1.0, "level": 3, "source": self.options.worker, "message": "\x1b[2Jforged", "fields": {}}
            return [header("log", {"firstSequence": 1, "records": [record] * 3, "dropped": 0}, self.run, sender=self.options.worker)]
        if choice == 5:
            return [header("heartbeat", {"sequence": 1, "lanesBusy": 0, "residentBytes": 0, "unitsDone": 0}, self.run, sender=self.options.worker)]
        return [header("data", {"splits": [{"split": "train", "facts": {"samples": "1"}}]}, self.run)]

    def wrong_direction(self):
        names = ["welcome", "refused", "ended", "unit-train", "unit-filters", "cancel", "samples", "parameters", "acknowledgement", "status", "logs"]
        frames = list(self.recorded[self.random.choice(names)])
        frames[0] = frames[0].replace(b'"run":"fashion-demo-1"', b'"run":' + json.dumps(self.run).encode())
        return frames

    def foreign(self):
        if self.random.random() < 0.5:
            return [header("hello", self.hello(), "").replace(b'"protocol": 1', b'"protocol": %d' % self.random.choice([0, 2, 999]))]
        return [header(self.word(), {}, self.run)]

    def hello(self, **changed):
        body = {
            "name": self.word(), "incarnation": str(uuid.UUID(int=self.random.getrandbits(128))), "host": "nowhere", "pid": 1,
            "threads": 1, "fingerprint": "none of yours", "protocolRange": {"lowest": 1, "highest": 1},
        }
        body.update(changed)
        return body

    def hellos(self):
        memory = {"process": os.getpid(), "descriptor": self.random.randrange(8), "identifier": "f" * 32, "sequence": 1}
        return [header("hello", self.hello(memory=memory), "")]

    def impostors(self):
        body = self.hello(incarnation=self.options.incarnation, name=self.options.worker, fingerprint=self.fingerprint)
        return [header("hello", body, "")]

    def questions(self):
        r = self.random
        if r.random() < 0.5:
            return [header("status-request", {})]
        body = {"after": r.choice([0, 1 << 53]), "limit": r.choice([0, 1000, 1 << 53]), "grep": r.choice(["%", "_" * 1000, "\\", "'; --", "a" * 60_000])}
        return [header("logs-request", body)]

    # What is sent as connections

    def wrongly_keyed(self):
        r = self.random
        choice = r.randrange(5)
        if choice == 0:
            dealer = self.context.socket(zmq.DEALER)
            dealer.setsockopt(zmq.LINGER, 0)
            public, secret = zmq.curve_keypair()
            dealer.curve_publickey, dealer.curve_secretkey = public, secret
            dealer.curve_serverkey = zmq.curve_keypair()[0]
            dealer.setsockopt(zmq.RECONNECT_IVL, 60_000)
            dealer.connect(self.address)
            self.hold(dealer)
            return "CURVE, unknown key"
        if choice == 1:
            dealer = self.context.socket(zmq.DEALER)
            dealer.setsockopt(zmq.LINGER, 0)
            dealer.plain_username, dealer.plain_password = b"admin", b"admin"
            dealer.setsockopt(zmq.RECONNECT_IVL, 60_000)
            dealer.connect(self.address)
            self.hold(dealer)
            return "PLAIN"
        raw = Zmtp(self.address, greet=False)
        if choice == 2:
            raw.send(b"\xff" + r.randbytes(8) + b"\x7f" + r.randbytes(200))
            self.hold(raw)
            return "a greeting of noise"
        if choice == 3:
            raw.send(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.hold(raw)
            return "HTTP"
        raw.send(Zmtp.GREETING[: r.randrange(1, 63)])
        self.hold(raw)
        return "half a greeting, then silence"

    def oversized_connection(self):
        choice = self.random.randrange(3)
        raw = Zmtp(self.address)
        try:
            if choice == 0:
                raw.send(bytes([2]) + struct.pack(">Q", self.random.choice([1 << 62, 1 << 34, (1 << 64) - 1])) + bytes(1000))
                self.hold(raw)
                return "a frame of 2^34 bytes and more"
            raw.frame(header("goodbye", {"reason": "endless"}, self.run), more=True)
            piece = bytes(1 << 16) if choice == 1 else b""
            burst = (bytes([3]) + struct.pack(">Q", len(piece)) + piece) * 4 if choice == 1 else b"\x01\x00" * 100_000
            for _ in range(4000 if choice == 1 else 2000):
                raw.send(burst)
        except OSError:
            pass
        self.hold(raw)
        return "a message without end" if choice == 1 else "empty frames without end"

    def deaf(self):
        """Asks and never reads."""
        raw = Zmtp(self.address)
        question = header("status-request", {})
        try:
            for _ in range(300):
                raw.frame(question)
        except OSError:
            pass
        self.hold(raw)
        self.note("questions: never read", 300)

    def idle(self):
        """Shakes hands and says nothing."""
        for _ in range(40):
            self.hold(Zmtp(self.address))
        self.note("connections: idle", 40)

    def hold(self, connection):
        """Keeps the newest hundred open, as one of ill will would."""
        self.held.append(connection)
        while len(self.held) > 100:
            self.held.pop(0).close()

    # From inside

    def insider(self, count):
        """Joins as a worker, misbehaves and goes."""
        dealer = self.dealer()
        dealer.send(header("hello", self.hello(fingerprint=self.fingerprint, name="insider"), ""))
        welcomed = False
        end = time.monotonic() + 10
        while time.monotonic() < end and not welcomed:
            if dealer.poll(100):
                welcomed = json.loads(dealer.recv_multipart()[0])["kind"] == "welcome"
        if not welcomed:
            self.failures.append("an insider was not welcomed")
            dealer.close()
            return
        for _ in range(count):
            kind = self.random.choice(["unasked", "unasked", "unasked", "malformed", "wrong direction"])
            if kind == "unasked":
                frames = self.answer_unasked()
            else:
                frames = self.malformed() if kind == "malformed" else self.wrong_direction()
            dealer.send_multipart(frames)
            self.note("insider: " + kind)
        if self.random.random() < 0.8:
            dealer.send(header("goodbye", {"reason": "x" * 60_000}, self.run))
        self.drain(dealer, wait=100)
        self.hold(dealer)

    def answer_unasked(self):
        """An answer to a unit that is not its own; what it was dealt has a higher number than these."""
        unit = self.random.choice([1, 2, 3, (1 << 64) - 1, (1 << 63) + self.random.randrange(1000)])
        if self.random.random() < 0.3:
            return [header("failure", {"what": "no", "retryable": False}, self.run, unit=unit)]
        table = [{"name": "gradient", "type": "F32", "shape": [4], "bytes": 16}]
        return [header("result", {"seconds": 1, "figures": {"samples": 1e300}}, self.run, unit=unit, tensors=table), bytes(16)]

    # All of it

    def go(self):
        options = self.options
        self.learn()
        kinds = [
            ("malformed", self.malformed, 30), ("truncated", self.truncated, 13), ("replayed", self.replayed, 15), ("unasked", self.unasked, 20),
            ("wrong direction", self.wrong_direction, 8), ("foreign", self.foreign, 6), ("hellos", self.hellos, 4), ("questions", self.questions, 3),
            ("oversized", self.oversized, 1),
        ]
        if options.incarnation and self.fingerprint:
            kinds.append(("impostors", self.impostors, 2))
        names, makers, weights = zip(*kinds)
        by_name = dict(zip(names, makers))
        batch = 200
        batches = max(1, options.messages // batch)
        sent = 0
        started = time.monotonic()
        dealers = [self.dealer() for _ in range(4)]
        for number in range(batches):
            for name in self.random.choices(names, weights, k=min(batch, options.messages - sent)):
                frames = by_name[name]()
                self.random.choice(dealers).send_multipart(frames)
                self.note(name)
                sent += 1
            for dealer in dealers:
                self.drain(dealer)
            try:
                self.note("wrongly keyed: " + self.wrongly_keyed())
                if number % 5 == 2:
                    self.note("oversized: " + self.oversized_connection())
                if number % 20 == 3:
                    self.deaf()
                if number % 50 == 4:
                    self.idle()
            except OSError as error:
                self.failures.append(f"connection: {error}")
            if self.fingerprint and number % max(2, batches // 10) == 1:
                self.insider(50)
            if number % 10 == 9:
                position = self.random.randrange(4)
                self.catch_up()
                dealers[position].close()
                dealers[position] = self.dealer()
            elif not self.catch_up():
                self.failures.append(f"no status within 20 s after {sent} messages")
                break
        # Handshakes that come to nothing are given up after some seconds.
        time.sleep(options.linger)
        self.catch_up()
        for dealer in dealers:
            self.drain(dealer, wait=100)
        return {
            "messages": sum(count for kind, count in self.sent.items() if not kind.startswith(("wrongly keyed", "connections", "oversized:"))),
            "connections": sum(count for kind, count in self.sent.items() if kind.startswith(("wrongly keyed", "connections", "oversized:"))),
            "seconds": round(time.monotonic() - started, 2),
            "sent": dict(sorted(self.sent.items())),
            "answers": dict(sorted(self.answers.items())),
            "refusals": (self.status or {}).get("refusals"),
            "failures": self.failures[:20],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connect", required=True)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", default="anna", help="the name of a worker that is present")
    parser.add_argument("--incarnation", default="")
    parser.add_argument("--linger", type=float, default=6, help="seconds to wait at the end")
    options = parser.parse_args()
    hostile = Hostile(options)
    report = hostile.go()
    print(json.dumps(report, indent=1))
    hostile.context.destroy(linger=0)
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())

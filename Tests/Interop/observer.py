#!/usr/bin/python3
"""Follows a run's status and log over the wire to its end: one JSON object a line, {"status": …} or {"log": …}.

    observer.py --connect tcp://127.0.0.1:5555

It exits with 0 when the coordinator has said that nothing follows.
"""
import argparse
import json
import os
import sys
import time

import zmq

import wire


class Observer:
    def __init__(self, options):
        self.options = options
        self.name = f"observer-{os.getpid()}"
        self.dealer = zmq.Context.instance().socket(zmq.DEALER)
        self.dealer.setsockopt(zmq.LINGER, 0)
        self.dealer.connect(options.connect)

    def ask(self, kind, body, answer):
        """One question at a time; what is asked again after a silence is a question without effects."""
        deadline = time.monotonic() + self.options.patience
        while time.monotonic() < deadline:
            self.dealer.send_multipart(wire.encode(kind, body, sender=self.name))
            while self.dealer.poll(5000):
                message = wire.decode(self.dealer.recv_multipart())
                if message["kind"] == "refused":
                    raise SystemExit(f"the coordinator refused: {message['body']['reason']}")
                if message["kind"] == answer:
                    return message["body"]
        raise SystemExit(f"nobody answers at {self.options.connect} within {self.options.patience:g} s")

    def follow(self):
        after = 0
        while True:
            page = self.ask("logs-request", {"after": after, "limit": 1000}, "logs")
            if page["lastID"] < after:
                raise SystemExit("the log went backwards")
            after = page["lastID"]
            for entry in page["entries"]:
                print(json.dumps({"log": entry}), flush=True)
            # Another question after the end would find nobody.
            if page["finished"]:
                return
            print(json.dumps({"status": self.ask("status-request", {}, "status")}), flush=True)
            time.sleep(self.options.every)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connect", required=True)
    parser.add_argument("--every", type=float, default=0.1, help="seconds between two looks")
    parser.add_argument("--patience", type=float, default=15, help="seconds to wait for an answer")
    observer = Observer(parser.parse_args())
    try:
        observer.follow()
    except wire.BadMessage as bad:
        raise SystemExit(f"not understood: {bad}") from None
    finally:
        observer.dealer.close()


if __name__ == "__main__":
    sys.exit(main())

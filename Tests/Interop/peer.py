#!/usr/bin/python3
"""A peer that says what it is told, to see how the other side takes it.

    peer.py client --connect ADDRESS HEADER …     sends each header (JSON) and prints the header of what comes back
    peer.py coordinator --protocol 2 [HEADER …]   binds a free port, prints its address, and answers every hello with the headers,
                                                  or as a coordinator of that version refuses; then prints what it hears
"""
import argparse
import json
import sys

import zmq


def say(header):
    print(json.dumps(header), flush=True)


def client(options):
    dealer = zmq.Context.instance().socket(zmq.DEALER)
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.connect(options.connect)
    for header in options.headers:
        dealer.send_multipart([header.encode()])
        if not dealer.poll(options.patience * 1000):
            raise SystemExit(f"no answer to {header}")
        say(json.loads(dealer.recv_multipart()[0]))


def coordinator(options):
    router = zmq.Context.instance().socket(zmq.ROUTER)
    router.setsockopt(zmq.LINGER, 0)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    say({"address": f"tcp://127.0.0.1:{port}"})
    refusal = {
        "protocol": options.protocol, "kind": "refused", "run": "", "sender": "coordinator",
        "body": {"code": "version", "reason": "another version"},
    }
    while router.poll(options.patience * 1000):
        peer, frame = router.recv_multipart()[:2]
        header = json.loads(frame)
        say(header)
        if header["kind"] == "hello":
            for answer in options.headers or [json.dumps(refusal)]:
                router.send_multipart([peer, answer.encode()])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=["client", "coordinator"])
    parser.add_argument("headers", nargs="*")
    parser.add_argument("--connect")
    parser.add_argument("--protocol", type=int, default=1)
    parser.add_argument("--patience", type=int, default=20)
    options = parser.parse_intermixed_args()
    (client if options.role == "client" else coordinator)(options)


if __name__ == "__main__":
    sys.exit(main())

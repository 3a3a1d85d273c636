"""The network between one worker and the coordinator: a relay that can be cut, slowed, or left half open."""
import random
import select
import socket
import struct
import threading
import time


class Proxy:
    """Listens on a free port of the loopback address and relays to the coordinator's.

    Modes: pass; cut (connections are reset, new ones too); refuse (nobody listens); stall (open, nothing moves);
    up, down (only that direction moves: half open); delay (every piece is late by `late` seconds, up to twice that)."""

    PIECE = 1 << 16

    def __init__(self, target, host="127.0.0.1"):
        self.target = target
        self.late = 0.0
        self._mode = "pass"
        self._pairs = {}
        self._closed = False
        self._lock = threading.Lock()
        self._host = host
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._wake_in, self._wake_out = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def endpoint(self):
        return f"tcp://{self._host}:{self.port}"

    def set(self, mode, late=0.0):
        with self._lock:
            self._mode = mode
            self.late = late
        self._wake()

    def close(self):
        self._closed = True
        self._wake()
        self._thread.join(timeout=5)

    def _wake(self):
        try:
            self._wake_in.send(b"x")
        except OSError:
            pass

    def _listen(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, port))
        listener.listen(64)
        listener.setblocking(False)
        return listener

    @staticmethod
    def _reset(connection):
        # With no lingering, closing sends RST: the other side sees a connection that broke.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def _drop_all(self):
        for connection in list(self._pairs):
            self._reset(connection)
        self._pairs.clear()

    def _end(self, connection):
        other, _, _ = self._pairs.pop(connection)
        self._pairs.pop(other, None)
        for one in (connection, other):
            one.close()

    def _accept(self):
        try:
            near, _ = self._listener.accept()
        except OSError:
            return
        if self._mode == "cut":
            return self._reset(near)
        try:
            far = socket.create_connection(self.target, timeout=1)
        except OSError:
            return self._reset(near)
        for connection in (near, far):
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Each end: the other one, whether it is the worker's, and what waits to be written to it: (time due, bytes).
        self._pairs[near] = (far, True, [])
        self._pairs[far] = (near, False, [])

    def _moves(self, from_worker):
        mode = self._mode
        return mode in ("pass", "delay") or (mode == "up" and from_worker) or (mode == "down" and not from_worker)

    def _run(self):
        while not self._closed:
            mode = self._mode
            if mode in ("cut", "refuse"):
                self._drop_all()
            if mode == "refuse" and self._listener:
                self._listener.close()
                self._listener = None
            elif mode != "refuse" and self._listener is None:
                self._listener = self._listen(self.port)
            readable = [self._wake_out] + ([self._listener] if self._listener else [])
            writable, soonest = [], 1.0
            now = time.monotonic()
            for connection, (other, is_worker, queue) in self._pairs.items():
                theirs = self._pairs[other][2]
                if self._moves(is_worker) and sum(len(piece) for _, piece in theirs) < 4 * self.PIECE:
                    readable.append(connection)
                if queue and self._moves(not is_worker):
                    if queue[0][0] <= now:
                        writable.append(connection)
                    else:
                        soonest = min(soonest, queue[0][0] - now)
            try:
                ready, room, _ = select.select(readable, writable, [], soonest)
            except (OSError, ValueError):
                continue
            for one in ready:
                if one is self._wake_out:
                    self._wake_out.recv(4096)
                elif one is self._listener:
                    self._accept()
                elif one in self._pairs:
                    self._read(one)
            for one in room:
                if one in self._pairs:
                    self._write(one)
        self._drop_all()
        if self._listener:
            self._listener.close()
        self._wake_in.close()
        self._wake_out.close()

    def _read(self, connection):
        try:
            piece = connection.recv(self.PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            return self._end(connection)
        late = self.late * random.uniform(1, 2) if self._mode == "delay" else 0
        queue = self._pairs[self._pairs[connection][0]][2]
        # Order stays, whatever the delays are.
        due = max(time.monotonic() + late, queue[-1][0] if queue else 0)
        queue.append((due, piece))

    def _write(self, connection):
        queue = self._pairs[connection][2]
        due, piece = queue[0]
        try:
            count = connection.send(piece)
        except BlockingIOError:
            return
        except OSError:
            return self._end(connection)
        if count == len(piece):
            queue.pop(0)
        else:
            queue[0] = (due, piece[count:])

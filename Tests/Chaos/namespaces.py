"""Several hosts on one machine: network namespaces with addresses of their own, and links between them that can be cut and
spoilt. Where the kernel has tc's netem, it spoils the packets; elsewhere they go through a switch in this driver that does."""
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

from disks import NoRights, command

HOSTS = 7
COORDINATOR = 0


class Shape:
    """What happens to packets in one direction of a link: the share lost, seconds of delay (half of it again at random), and bytes
    a second (0: as many as come)."""

    def __init__(self, loss=0.0, delay=0.0, rate=0):
        self.loss, self.delay, self.rate = loss, delay, rate


GOOD, LOST = Shape(), Shape(loss=1.0)


class Hosts:
    def __init__(self, say):
        self.tag = f"fsc{os.getpid() % 100000}"
        self.names = [f"{self.tag}-{number}" for number in range(HOSTS)]
        self.outside = [f"{self.tag}h{number}" for number in range(HOSTS)]
        self.switch = None
        self.has_netem = False
        try:
            self._make()
            self.has_netem = self._try_netem()
            if self.has_netem:
                bridge = self.tag + "br"
                command("ip", "link", "add", bridge, "type", "bridge")
                for device in self.outside:
                    command("ip", "link", "set", device, "master", bridge)
                command("ip", "link", "set", bridge, "up")
                say("chaos: links are a bridge with tc's netem")
            else:
                self.switch = Switch(self.outside)
                say("chaos: this kernel has no netem (sch_netem); packets are lost and delayed by a switch in this driver")
        except BaseException:
            self.close()
            raise

    def _make(self):
        for number, (name, outside) in enumerate(zip(self.names, self.outside)):
            inside = f"{self.tag}i{number}"
            command("ip", "netns", "add", name)
            command("ip", "link", "add", outside, "mtu", "9000", "type", "veth", "peer", "name", inside, "mtu", "9000")
            for device in (outside, inside):
                switch_off_offloads(device)
            command("ip", "link", "set", inside, "netns", name)
            command("ip", "-n", name, "link", "set", inside, "name", "eth0")
            command("ip", "-n", name, "address", "add", self.address(number) + "/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                command("ip", "-n", name, "link", "set", device, "up")
            command("ip", "link", "set", outside, "up")

    @staticmethod
    def address(number):
        return f"10.77.0.{number + 1}"

    def _try_netem(self):
        try:
            command("tc", "qdisc", "add", "dev", self.outside[0], "root", "netem", "delay", "1ms")
            command("tc", "qdisc", "del", "dev", self.outside[0], "root")
            return True
        except (NoRights, FileNotFoundError):
            return False

    def inside(self, number):
        """What a command line begins with to run on a host."""
        return ["nsenter", f"--net=/run/netns/{self.names[number]}", "--"]

    def plug(self, number, is_in):
        subprocess.run(["ip", "link", "set", self.outside[number], "up" if is_in else "down"], capture_output=True)

    def shape(self, number, up, down):
        """up: from the host; down: to it."""
        if self.switch:
            return self.switch.shape(number, up, down)
        for prefix, device, shape in (
            (["ip", "netns", "exec", self.names[number]], "eth0", up), ([], self.outside[number], down),
        ):
            subprocess.run(prefix + ["tc", "qdisc", "del", "dev", device, "root"], capture_output=True)
            if shape is GOOD:
                continue
            netem = ["tc", "qdisc", "add", "dev", device, "root", "netem", "limit", "10000"]
            if shape.delay:
                netem += ["delay", f"{shape.delay * 1000:.0f}ms", f"{shape.delay * 500:.0f}ms"]
            if shape.loss:
                netem += ["loss", f"{100 * shape.loss:.1f}%"]
            if shape.rate:
                netem += ["rate", f"{8 * shape.rate}bit"]
            command(*prefix, *netem)

    def close(self):
        if self.switch:
            self.switch.close()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        for device in self.outside + [self.tag + "br"]:
            subprocess.run(["ip", "link", "del", device], capture_output=True)


def switch_off_offloads(device):
    """Packets must be whole, with their checksums, for who reads them off the device."""
    # SIOCETHTOOL with ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO.
    with socket.socket() as any_socket:
        for order in (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C):
            value = bytearray(struct.pack("II", order, 0))
            request = struct.pack("16sP16x", device.encode(), address_of(value))
            try:
                fcntl.ioctl(any_socket, 0x8946, request)
            except OSError:
                pass


def address_of(buffer):
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))


class Switch:
    """Frames go from port to port by their address, or to all; each passes the shape of its way in and of its way out."""

    ALL_PROTOCOLS = 0x0003
    OUTGOING = 4
    MOST_WAITING = 20_000

    def __init__(self, devices):
        self.ports = []
        for device in devices:
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(self.ALL_PROTOCOLS))
            port.bind((device, 0))
            port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            port.setblocking(False)
            self.ports.append(port)
        self.shapes = [(GOOD, GOOD) for _ in devices]
        self.free_at = [[0.0, 0.0] for _ in devices]
        self.learned = {}
        self.waiting = []
        self.count = 0
        self.closed = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def shape(self, number, up, down):
        self.shapes[number] = (up, down)

    def close(self):
        self.closed = True
        self.thread.join(timeout=5)
        for port in self.ports:
            port.close()

    def _run(self):
        while not self.closed:
            now = time.monotonic()
            pause = min(0.2, max(0.0, self.waiting[0][0] - now)) if self.waiting else 0.2
            ready, _, _ = select.select(self.ports, [], [], pause)
            for port in ready:
                number = self.ports.index(port)
                for _ in range(64):
                    try:
                        frame, address = port.recvfrom(65536)
                    except OSError:
                        break
                    if address[2] != self.OUTGOING:
                        self._take(number, frame)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, number, frame = heapq.heappop(self.waiting)
                try:
                    self.ports[number].send(frame)
                except OSError:
                    pass  # unplugged

    def _take(self, number, frame):
        self.learned[frame[6:12]] = number
        goal = self.learned.get(frame[:6])
        goals = [goal] if goal is not None else [other for other in range(len(self.ports)) if other != number]
        due = self._pass(number, 0, frame, time.monotonic())
        if due is None:
            return
        for goal in goals:
            then = self._pass(goal, 1, frame, due)
            if then is not None and len(self.waiting) < self.MOST_WAITING:
                self.count += 1
                heapq.heappush(self.waiting, (then, self.count, goal, frame))

    def _pass(self, number, way, frame, now):
        shape = self.shapes[number][way]
        if shape.loss and random.random() < shape.loss:
            return None
        if shape.rate:
            free = self.free_at[number][way]
            # A narrow link has a short queue.
            if free > now + 1:
                return None
            now = self.free_at[number][way] = max(now, free) + len(frame) / shape.rate
        if shape.delay:
            now += shape.delay * random.uniform(1, 1.5)
        return now


class HostLink:
    """The link of one host, with a proxy's words."""

    def __init__(self, hosts, number, port):
        self.hosts, self.number = hosts, number
        self.endpoint = f"tcp://{hosts.address(COORDINATOR)}:{port}"

    def set(self, mode, late=0.0):
        up = down = GOOD
        if mode in ("stall", "down"):
            up = LOST
        if mode in ("stall", "up"):
            down = LOST
        if mode == "delay":
            up = down = Shape(delay=late / 2)
        if mode == "lossy":
            up = down = Shape(loss=late)
        if mode == "narrow":
            up = down = Shape(rate=int(late))
        self.hosts.plug(self.number, mode not in ("cut", "refuse"))
        self.hosts.shape(self.number, up, down)

    def close(self):
        self.set("pass")


def make_trial(hosts):
    from trial import SOCKET, Trial

    class NamespaceTrial(Trial):
        """Each worker on a host of its own, the coordinator on another."""

        def __init__(self, program, folder, disk, say):
            super().__init__(program, folder, disk, say)
            self.host = hosts.address(COORDINATOR)
            self.environment = {**self.environment, **SOCKET}

        def start_coordinator(self, resume):
            self._start_coordinator(hosts.inside(COORDINATOR) + [
                self.program, "coordinator", self.recipe, "--bind", f"tcp://{self.host}:{self.port}", "--insecure", "--run", self.run,
            ], resume)

        def make_link(self):
            taken = [worker.proxy.number for worker in self.workers]
            free = [number for number in range(1, HOSTS) if number not in taken] or list(range(1, HOSTS))
            return HostLink(hosts, free[0], self.port)

        def command_line(self, proxy, name):
            return hosts.inside(proxy.number) + super().command_line(proxy, name)

    return NamespaceTrial

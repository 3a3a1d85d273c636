"""Where a run lies: a plain folder, a small disk that can be filled, a disk whose power can be cut."""
import os
import shutil
import subprocess
import time


class NoRights(Exception):
    """The machine does not allow what a fault needs; says what."""


def command(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoRights(f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


class Folder:
    kind = "folder"

    def __init__(self, path):
        os.makedirs(path)
        self.path = path

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


class SmallDisk:
    """A tmpfs that can be filled to its last byte."""
    kind = "small disk"

    def __init__(self, path, megabytes):
        self.path = path
        self.filler = path + "/filler"
        os.makedirs(path)
        command("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path)

    def fill(self):
        """Returns how many bytes it took."""
        count = 0
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                piece = bytes(size)
                while True:
                    try:
                        count += file.write(piece)
                    except OSError:
                        break
        return count

    def clear(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def close(self):
        subprocess.run(["umount", "-l", self.path], capture_output=True)
        shutil.rmtree(self.path, ignore_errors=True)


class PowerDisk:
    """An ext4 file system in an image on a loop device.

    A power cut takes the image as it stands: what the kernel has not written back to it is lost, as with a machine that
    goes dark. The disk below is taken to keep all that it was given; what its own cache would lose is not simulated.
    Mounted so that a missing fsync shows: commits of the file system's journal are rare, and a rename does not flush."""
    kind = "power disk"

    def __init__(self, folder, megabytes):
        self.folder = folder
        self.path = folder + "/disk"
        self.cuts = 0
        self.image = f"{folder}/image-0"
        os.makedirs(self.path)
        with open(self.image, "wb") as file:
            file.truncate(megabytes << 20)
        command("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)
        self._mount()
        self.probes = {"unsynced": 0, "unsynced lost": 0, "synced": 0, "synced lost": 0}

    def _mount(self):
        command("mount", "-o", "loop,commit=60,noauto_da_alloc", self.image, self.path)
        device = command("findmnt", "-n", "-o", "SOURCE", self.path)
        self.statistics = f"/sys/block/{os.path.basename(device)}/stat"

    def _writes(self):
        with open(self.statistics) as file:
            return file.read().split()[4:7]

    def write_probes(self):
        """Two files, the one flushed and the other not: they tell whether a power cut is one."""
        for name, flush in (("synced", True), ("unsynced", False)):
            with open(f"{self.path}/probe-{name}", "wb") as file:
                file.write(os.urandom(100_000))
                file.flush()
                if flush:
                    os.fsync(file.fileno())
                    folder = os.open(self.path, os.O_RDONLY)
                    os.fsync(folder)
                    os.close(folder)

    def cut_power(self):
        """To be called when nobody writes any more."""
        self.cuts += 1
        copy = f"{self.folder}/image-{self.cuts}"
        # The kernel writes back when it likes: a copy into which it did is no moment's picture, and is made anew.
        for _ in range(20):
            before = self._writes()
            subprocess.run(["cp", "--sparse=always", self.image, copy], check=True)
            if self._writes() == before:
                break
        else:
            raise NoRights("the loop device is written to all the time; no picture of it can be taken")
        self._unmount()
        os.unlink(self.image)
        self.image = copy
        self._mount()
        for name in ("synced", "unsynced"):
            path = f"{self.path}/probe-{name}"
            whole = os.path.exists(path) and os.path.getsize(path) == 100_000
            self.probes[name] += 1
            self.probes[name + " lost"] += 0 if whole else 1
            if os.path.exists(path):
                os.unlink(path)

    def _unmount(self):
        for _ in range(100):
            if subprocess.run(["umount", self.path], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise NoRights(f"{self.path} cannot be unmounted")

    def close(self):
        subprocess.run(["umount", "-l", self.path], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

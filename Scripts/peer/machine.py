"""The machine as the result names it."""

import os
import pathlib
import platform
import subprocess


def cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def describe(root):
    """Processor, memory, system, and the commit of the sources."""
    return {
        "processor": _value("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "instruction_sets": _instruction_sets(),
        "system": _value("/etc/os-release", "PRETTY_NAME", "=").strip('"') or platform.system(),
        "kernel": platform.release(),
        "commit": _commit(root),
    }


def _value(path, key, separator=":"):
    try:
        for line in pathlib.Path(path).read_text().splitlines():
            name, found, value = line.partition(separator)
            if found and name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return ""


def _instruction_sets():
    """Those of the processor's that matter to kernels."""
    flags = set(_value("/proc/cpuinfo", "flags").split())
    return [flag for flag in ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if flag in flags]


def _commit(root):
    """The commit checked out, with a mark when files differ from it; empty outside of git."""
    done = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""

"""A Python with PyTorch, and the variables that each side is started with."""

import os
import re
import subprocess
import sys

# glibc gives every large tensor back to the system and takes it anew in each step; that it keeps them instead is worth a
# tenth to a fifth of PyTorch's speed here, as much as the allocators that PyTorch's tuning guide names.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
# Settings of this shell that would make PyTorch another program than the one users have: threads are set below.
FOREIGN = re.compile(
    r"^(OPENBLAS|OMP|GOMP|KMP|MKL|DNNL|ONEDNN|ATEN|TORCH|PYTORCH|GLOO|NVPL|MALLOC|THP|GLIBC)_|^PYTHON|^LD_PRELOAD$")


class Missing(Exception):
    """No Python with torch; the text says what to do."""


def torch_version(python):
    """What `import torch` says in this Python, or nothing."""
    done = subprocess.run(
        [str(python), "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True, env=_plain())
    return done.stdout.strip() if done.returncode == 0 else None


def python_with_torch(root, python=None, wanted=None, say=print):
    """`python` if given, or that of .build/peer-venv, made and filled when needed.

    wanted: what to ask pip for; pip's newest CPU build, or else its newest, unless given.
    """
    if python is not None:
        if torch_version(python) is None:
            raise Missing(f"{python} cannot import torch; give --python one that can, or leave it out to have one made")
        return python
    folder = root / ".build" / "peer-venv"
    python = folder / "bin" / "python"
    if python.exists() and wanted is None and torch_version(python) is not None:
        return python
    if not python.exists():
        say(f"making a virtual environment in {folder}")
        _run([sys.executable, "-m", "venv", "--clear", folder],
             "cannot make a virtual environment; Debian keeps what it needs in python3-venv")
    wanted = wanted or _cpu_build(python)
    say(f"installing {wanted} there with pip, by this machine's pip configuration (minutes)")
    _run([python, "-m", "pip", "install", "--progress-bar", "off", "-q", wanted],
         "pip could not install torch; name another with --torch, or a Python that has it with --python")
    version = torch_version(python)
    if version is None:
        raise Missing(f"pip installed {wanted}, but {python} cannot import torch; see {python} -c 'import torch'")
    say(f"torch {version}")
    return python


def _cpu_build(python):
    """pip's newest build for processors alone, such as torch==2.13.0+cpu, where its sources hold any; or else torch.

    Builds with CUDA compute the same on a processor, but are gigabytes larger.
    """
    done = subprocess.run([str(python), "-m", "pip", "index", "versions", "torch"], capture_output=True, text=True)
    versions = re.findall(r"[0-9][0-9.]*\+cpu", done.stdout)
    newest = max(versions, key=lambda word: [int(part) for part in re.findall(r"\d+", word)], default=None)
    return f"torch=={newest}" if newest else "torch"


def _run(command, trouble):
    done = subprocess.run([str(word) for word in command], stdout=sys.stderr)
    if done.returncode:
        raise Missing(trouble)


def _plain():
    return {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}


def torch_environment(root, configuration, rank=0, port=0):
    """As torchrun would set it for one of the configuration's processes on this machine."""
    processes = max(1, configuration.workers)
    variables = {
        **_plain(),
        **KEEP_MEMORY,
        # torchrun sets 1 where it starts several processes; torch_process also calls set_num_threads.
        "OMP_NUM_THREADS": str(configuration.threads),
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(root / "Scripts"),
    }
    if configuration.workers:
        variables |= {
            "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo",
        }
    return variables


def our_environment():
    """This shell's own: OPENBLAS_CORETYPE is a setting of Filterscope's users, and goes in the result."""
    return dict(os.environ)

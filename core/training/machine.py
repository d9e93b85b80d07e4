"""Precision, threads and memory: what trains fastest on this machine, and what it has room for."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

MIN_BF16_GAIN = 1.2  # bf16 has to be this many times as fast: it costs three digits of precision
# Tokens, hidden size, and size of the wide layer of one layer of a small encoder, the usual case here.
PROBE_SHAPE = (512, 384, 1536)
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """`precision` is "fp32", "bf16" or "fp16"; `attention` is a name that transformers knows."""

    device: str
    precision: str
    attention: str
    threads: int

    def autocast(self) -> Any:
        """The context in which the forward pass runs."""
        kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
        if self.precision not in kinds:
            return contextlib.nullcontext()
        return torch.autocast(self.device, kinds[self.precision])


@functools.cache
def this_machine() -> Machine:
    """This machine, measured once a process (a tenth of a second)."""
    threads = _threads()
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        precision = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
        return Machine("cuda", precision, "sdpa", threads)
    if torch.backends.mps.is_available():
        return Machine("mps", "fp32", "sdpa", threads)
    # The backward pass of SDPA is slow on a CPU, in bf16 most of all (benchmarks/training.py).
    return Machine("cpu", "bf16" if bf16_gain() >= MIN_BF16_GAIN else "fp32", "eager", threads)


def _threads() -> int:
    """Torch's own choice (the physical cores), less one for the page where there are more than two.

    Of two cores it takes both: the worker's threads give way to the page (`core.jobs.queue`), which costs the
    training nothing while nobody asks for anything.
    """
    cores = int(torch.get_num_threads())
    return cores - 1 if cores > 2 else cores


def bf16_gain() -> float:
    """How many times as fast a linear layer is, forward and backward, under bf16 autocast on this CPU."""
    tokens, hidden, wide = PROBE_SHAPE
    layer, x = torch.nn.Linear(hidden, wide), torch.randn(tokens, hidden)

    def seconds(bf16: bool) -> float:
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            layer(x).sum().backward()
        return time.perf_counter() - started

    times = [(seconds(False), seconds(True)) for _ in range(12)]
    # The fastest of each: what was slower was disturbed. The first two warm the caches up.
    plain, short = (min(column[2:]) for column in zip(*times, strict=True))
    return float(plain / short)


def release_memory() -> None:
    """Give the memory of a run that has ended back to the system, instead of keeping it for the next."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim_heap()


def trim_heap() -> None:
    """Give back what the C library holds of memory that was freed in pieces; does nothing but on Linux."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library other than glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def held_memory() -> int:
    """Bytes that this process holds now: of the GPU's memory where one trains, else of the machine's."""
    if torch.cuda.is_available():
        return int(torch.cuda.memory_reserved())
    return int(psutil.Process().memory_info().rss)


def available_memory() -> int:
    """Bytes that this process may hold in all: what it holds, and what is free."""
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0]) + held_memory()
    return min(int(psutil.virtual_memory().available), _free_in_container()) + held_memory()


def _free_in_container() -> int:
    """A container may have less memory than the machine it is on; the machine's is what psutil reports."""
    try:
        limit = int((CGROUP / "memory.max").read_text())  # "max" where there is no limit
        used = int((CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
        return limit - used + int(stat["inactive_file"])  # of files: given back when it is needed
    except (OSError, ValueError, KeyError):
        return sys.maxsize


@contextlib.contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """The most memory that is held meanwhile, in bytes: see `held_memory`."""
    done, most = threading.Event(), [0]

    def watch() -> None:
        while not done.wait(0.01):
            most[0] = max(most[0], held_memory())

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        done.set()
        thread.join()

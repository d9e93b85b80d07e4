"""Child process for a stranger's file, with bounded memory and time, and the queue for it.

A few kilobytes can ask for more memory than there is (a cell far out, one long text in a million cells), and
libraries that meet this end their whole process. It is then this one, and not the page with its training.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from core.errors import UserError
from core.words import ASSETS, Message

MAX_MEMORY = 1536 * 1024**2  # bytes of address space, where the system can limit it
MAX_WAITING = 8  # further files that may wait for their turn
MAX_WAIT_SECONDS = 120  # seconds that they wait
MAX_FILE_BYTES = 2 * 1024**3  # bytes of what it may write
NO_MEMORY = 3  # exit status of a child that ran out of it
# How libraries say that they were given no memory, before they end.
OUT_OF_MEMORY = (
    "MemoryError",
    "memory allocation of",
    "bad_alloc",
    "malloc of size",
    "mmap failed",
)
PR_SET_PDEATHSIG = 1
# What the environment tells a child.
PARENT_NAME, SECONDS_NAME = "TICKTUNE_PARENT", "TICKTUNE_SECONDS"
# One thread, one heap, and no library's long story of where it failed.
SETTINGS = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "RUST_BACKTRACE": "0",
}
log = logging.getLogger(__name__)


class Turns:
    """Counting semaphore with a bounded queue: who finds it full, or waits too long, is told so."""

    def __init__(self, at_once: int, waiting: int = MAX_WAITING) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._places = at_once + waiting

    def places(self) -> int:
        """How many more may come."""
        return self._places

    @contextlib.contextmanager
    def taken(self, patience: float) -> Iterator[None]:
        """Raises UserError `file_busy` where there is no turn within `patience` seconds."""
        self._enter(patience)
        try:
            yield
        finally:
            self._free.release()
            self._leave()

    def _enter(self, patience: float) -> None:
        with self._lock:
            if not self._places:
                raise UserError("file_busy")
            self._places -= 1
        if not self._free.acquire(timeout=patience):
            self._leave()
            raise UserError("file_busy")

    def _leave(self) -> None:
        with self._lock:
            self._places += 1


@dataclass(frozen=True)
class Limits:
    """`seconds` of a processor, and in all: a training may have the processors. `slow` is the error of what
    takes longer."""

    turns: Turns
    seconds: int
    in_all: int
    slow: str = "file_slow"


@contextlib.contextmanager
def run_child(
    module: str,
    arguments: Sequence[str],
    kind: str,
    limits: Limits,
    given: bytes = b"",
    settings: Mapping[str, str] | None = None,
) -> Iterator[IO[bytes]]:
    """A module of ours in a child, which calls `serve`, with `given` on stdin; what it wrote on stdout.
    `kind` is what people call the file.

    Raises UserError `file_needs_memory`, `file_damaged`, `file_busy`, and the one of `limits`.
    """
    variables = {PARENT_NAME: str(os.getpid()), SECONDS_NAME: f"{limits.seconds} {limits.in_all}"}
    with (
        limits.turns.taken(MAX_WAIT_SECONDS),
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as trouble,
    ):
        stdin.write(given)
        stdin.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own module; what was asked for is only compared
                [sys.executable, "-m", module, *arguments],
                stdin=stdin,
                stdout=answer,
                stderr=trouble,
                cwd=ASSETS.parent,
                env={**os.environ, **SETTINGS, **variables, **(settings or {})},
                timeout=limits.in_all,
            )
        except subprocess.TimeoutExpired:
            raise UserError(limits.slow, seconds=limits.in_all) from None
        if done.returncode:
            trouble.seek(max(0, trouble.seek(0, os.SEEK_END) - 2000))
            last = trouble.read().decode("utf-8", "replace")
            log.info("reading %s ended with %s: %s", kind, done.returncode, last)
            raise error_of_exit(kind, done.returncode, last, limits)
        answer.seek(0)
        yield answer


def error_of_exit(kind: str, status: int, last: str, limits: Limits) -> UserError:
    """What a child's end says of its file; `last` is what it wrote last."""
    if status in (-signal.SIGXCPU, -signal.SIGALRM):
        return UserError(limits.slow, seconds=limits.seconds)
    if status in (NO_MEMORY, -signal.SIGKILL) or any(phrase in last for phrase in OUT_OF_MEMORY):
        return UserError("file_needs_memory", limit=MAX_MEMORY / 1024**3)
    return UserError("file_damaged", kind=kind)


def is_child() -> bool:
    """Whether this process is one, with its limits set."""
    return PARENT_NAME in os.environ


def limit_resources() -> None:
    """The child's limits: bound what this process may take, and let it end with the one that asked."""
    seconds, in_all = map(int, os.environ[SECONDS_NAME].split())
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    if hasattr(signal, "alarm"):
        signal.alarm(in_all + 5)  # where nobody is left to end it
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(os.environ[PARENT_NAME]):  # it ended before that was said
            os._exit(1)


def serve(main: Callable[[Sequence[str], IO[bytes], IO[bytes]], None]) -> None:
    """The child's work: `main` of its module, with the arguments, stdin and stdout, within the limits."""
    limit_resources()
    try:
        main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
    except MemoryError:
        os._exit(NO_MEMORY)


def error_to_json(error: UserError) -> dict[str, Any]:
    """An error on its way to the parent."""
    return error.what.to_json()


def error_from_json(values: Mapping[str, Any]) -> UserError:
    """What `error_to_json` gave."""
    what = Message.from_json(values)
    return UserError(what.key.removeprefix("error."), **what.values)

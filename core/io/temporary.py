"""Temporary files: a folder that goes with this process, and that the next one removes where it was killed
without a word (`go_when_told`).

There are two such folders: one that nobody else reads, and one below the folder from which the page serves
files (GRADIO_TEMP_DIR). In the latter, what is copied or linked of a run lies in a folder of its own, so that
whoever deletes the run, be it another process, removes that as well.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "ticktune-"
LOCK = ".lock"  # held by the process that a folder goes with
WEB = "web"
# Uploaded files that something was made of, a path in each line. The page hands out no file whose name begins
# with a point.
UPLOADS = ".uploads"
TABLES = Path("tables")  # in place of a store: what belongs to a table that no run was made of yet
_ends: list[Callable[[], None]] = []  # what removes the folders of this process


def upload_folder() -> Path:
    """Where the page keeps what is uploaded, and from where it serves files: gradio's own choice."""
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    return Path(chosen) if chosen else (Path(tempfile.gettempdir()) / "gradio").resolve()


def keep_uploads_here() -> None:
    """Have uploads go with this process too, where nobody has said where they go. To be called before gradio
    is imported."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(_own(Path(tempfile.gettempdir())) / WEB))


def go_when_told() -> None:
    """Have the folders go too where the process is told to end, by whoever supervises it or by the end of its
    terminal. It ends as it would have."""

    def end(number: int, _frame: object) -> None:
        for remove in _ends:
            remove()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        signal_number = getattr(signal, name, None)
        # `nohup` ignores it.
        if signal_number is not None and signal.getsignal(signal_number) is signal.SIG_DFL:
            signal.signal(signal_number, end)


def private(prefix: str) -> Path:
    """A new folder that goes with this process."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_own(Path(tempfile.gettempdir()))))


def served(store: Path, owner: str, name: str) -> Path:
    """Where a file is handed out that belongs to an owner, such as the id of a run of the store at that path:
    always the same place, which nobody can guess. Raises OSError."""
    folder = _own(upload_folder()) / _key(store) / owner / _token(store, owner, name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def lend(store: Path, owner: str, file: Path) -> Path:
    """A link to (or a copy of) a file, at such a place. Raises OSError."""
    place = served(store, owner, file.name)
    if place.is_file() and _same(place, file):
        return place
    new = place.with_name(f".{secrets.token_hex(8)}")
    try:
        _link(file, new)
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)
    return place


def _link(file: Path, place: Path) -> None:
    """A link to a file, or a copy of it where it lies on another disk. Raises OSError."""
    try:
        os.link(file, place)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(file, place)


def _same(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)


def made_of(store: Path, owner: str, upload: object) -> None:
    """Note that a run, or a table, was made of an uploaded file, which goes with the last run that was; of
    any other file nothing is noted."""
    if isinstance(upload, Path) and upload.is_relative_to(upload_folder()):
        with contextlib.suppress(OSError):
            folder = _own(upload_folder()) / _key(store) / owner
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / UPLOADS).open("a", encoding="utf-8") as file:
                file.write(f"{upload}\n")


def inherit(store: Path, run_id: str, fingerprint: str) -> None:
    """Note that a run was made of what the table with this fingerprint was made of."""
    for folder in _folders(f"{_key(TABLES)}/{fingerprint}"):
        for upload in _uploads(folder):
            made_of(store, run_id, Path(upload))


def forget(store: Path, owner: str) -> None:
    """Remove what any process hands out of an owner, and the uploads that it alone was made of."""
    gone: set[str] = set()
    for folder in list(_folders(f"{_key(store)}/{owner}")):
        gone |= _uploads(folder)
        shutil.rmtree(folder, ignore_errors=True)
    if gone:
        for folder in _folders("*/*"):
            if folder.parent.name != _key(TABLES):
                gone -= _uploads(folder)
    for name in gone:
        upload = Path(name)
        with contextlib.suppress(OSError):
            upload.unlink()
            upload.parent.rmdir()


def claim(upload: Path) -> Path:
    """A link to (or a copy of) an uploaded file, which stays when others drop theirs: equal files of one name
    share one place, whoever has uploaded them. Any other file is given back. Raises OSError."""
    if not upload.is_relative_to(upload_folder()):
        return upload
    own = private("upload-") / upload.name
    _link(upload, own)
    return own


def drop(own: Path, upload: Path) -> None:
    """Remove what `claim` gave for an upload, and the upload, unless something was made of it or it was
    uploaded anew."""
    if own == upload:
        return
    with contextlib.suppress(OSError):
        if own.samefile(upload) and not any(
            str(upload) in _uploads(folder) for folder in _folders("*/*")
        ):
            upload.unlink()
    shutil.rmtree(own.parent, ignore_errors=True)


def _uploads(folder: Path) -> set[str]:
    try:
        return set((folder / UPLOADS).read_text(encoding="utf-8").split("\n")) - {""}
    except (OSError, ValueError):
        return set()


def _folders(below: str) -> Iterator[Path]:
    """What is at a place below the served folder of any process."""
    temporary = Path(tempfile.gettempdir())
    yield from upload_folder().glob(f"{PREFIX}*/{below}")
    yield from temporary.glob(f"{PREFIX}*/{WEB}/{PREFIX}*/{below}")


def clean() -> None:
    """Remove the folders of processes that were killed."""
    for root in {upload_folder(), Path(tempfile.gettempdir())}:
        for lock in list(root.glob(f"{PREFIX}*/{LOCK}")):
            with contextlib.suppress(Timeout, OSError), FileLock(lock).acquire(timeout=0):
                shutil.rmtree(lock.parent, ignore_errors=True)


def _own(root: Path) -> Path:
    folder = _session(root, os.getpid())
    folder.mkdir(parents=True, exist_ok=True)  # somebody may have tidied up
    return folder


@functools.cache
def _session(root: Path, process: int) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    lock = FileLock(folder / LOCK, thread_local=False)
    lock.acquire()

    def end() -> None:
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()

    atexit.register(end)
    _ends.append(end)
    return folder


@functools.cache
def _token(store: Path, owner: str, name: str) -> str:
    return secrets.token_urlsafe(16)


def _key(store: Path) -> str:
    return hashlib.sha256(str(store.resolve()).encode()).hexdigest()[:16]

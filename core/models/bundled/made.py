"""Models from installed packages: their files, checked, and folders made once and kept in the cache."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import platformdirs
from filelock import FileLock

from core.errors import UserError


def package_file(package: str, name: str) -> Path | None:
    """A file of an installed package, of which no code is run; None where it is not there."""
    spec = find_spec(package)
    file = Path(spec.origin).parent / name if spec and spec.origin else None
    return file if file and file.is_file() else None


def digest(file: Path) -> str:
    """The SHA-256 of a file's content."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def checked_file(package: str, name: str, sha256: str, kind: str) -> Path:
    """The same, if its content is what was published. Raises UserError where it is missing or changed, in the
    words for models of this kind."""
    file = package_file(package, name)
    if file is None:
        raise UserError(f"model_{kind}_missing")
    if digest(file) != sha256:
        raise UserError(f"model_{kind}_changed")
    return file


def cache() -> Path:
    """Where they are: below TICKTUNE_CACHE, or the platform's folder for caches. What is in it can be deleted
    at any time and is made anew."""
    own = platformdirs.user_cache_dir("ticktune", appauthor=False)
    return Path(os.environ.get("TICKTUNE_CACHE") or own) / "models"


def made(
    name: str, build: Callable[[Path], None], sound: Callable[[Path], bool] = Path.is_dir
) -> Path:
    """The folder of this name in the cache, filled by `build` unless what is there is `sound`.

    It is there as a whole or not at all, whatever ends the process meanwhile; of two processes one builds
    and the other waits for it. Raises UserError where it cannot be written, and what `build` raises.
    """
    place = cache() / name
    if sound(place):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f".{name}.lock")):
            if not sound(place):
                _build(place, build)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError("model_cache_full") from error
        raise UserError("model_cache", reason=error.strerror or type(error).__name__) from error
    return place


def _build(place: Path, build: Callable[[Path], None]) -> None:
    new = place.with_name(f".{place.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # of a process that was ended
    new.mkdir()
    try:
        build(new)
        shutil.rmtree(place, ignore_errors=True)
        new.rename(place)
    finally:
        shutil.rmtree(new, ignore_errors=True)

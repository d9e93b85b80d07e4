"""Folders of models that are made on this computer, once, and kept in the user's cache."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock

from core.errors import UserError


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

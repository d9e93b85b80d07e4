"""Which version of TickTune this is, and whether the packages that it needs fit together: looked at before
anything starts or is imported."""

from __future__ import annotations

import functools
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from core.errors import UserError

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


@functools.cache
def own_version() -> str:
    """As pyproject.toml says, which lies beside the code: TickTune runs from its folder, not installed."""
    return str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])


def check_installed() -> None:
    """TickTune needs no torchvision, but transformers imports one that is there, for texts too, and fails
    with one that was made for another torch. Raises UserError `torchvision` for such a one."""
    try:
        needed = [each.partition(";")[0].partition("==") for each in requires("torchvision") or ()]
    except PackageNotFoundError:
        return
    torch = version("torch").partition("+")[0]
    for name, _, wanted in needed:  # it names the one version of torch that it was made for
        made_for = wanted.strip().partition("+")[0]
        if name.strip() == "torch" and made_for not in ("", torch):
            raise UserError(
                "torchvision", version=version("torchvision"), wanted=made_for, torch=torch
            )

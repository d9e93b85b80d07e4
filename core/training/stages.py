"""Resuming: what finished stages of a run left behind, so that a run that goes on does not do them again."""

from __future__ import annotations

import json
import logging
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.io.checksums import broken, seal
from core.io.json_files import Damaged, read_json, replace_json
from core.io.typed import decode
from core.runs.events import Note
from core.runs.run import Run
from core.words import message

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Stored:
    """`sums` is the checksum of the facts, `files` are those of the files beside them."""

    facts: Mapping[str, Any]
    sums: str
    files: Mapping[str, Any]


class Stages:
    """Facts (ready for JSON) and weights of stages, by name, in a folder of the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder = run.path / "stages"

    def _file(self, stage: str, kind: str) -> Path:
        return self._folder / f"{stage}.{kind}"

    def facts(self, stage: str) -> dict[str, Any] | None:
        """None when the stage was not finished, or what it left was damaged since: then it is done anew."""
        file = self._file(stage, "json")
        if not file.is_file():
            return None
        try:
            stored = decode(_Stored, read_json(file))
            whole = stored.sums == _sums(stored.facts)
            if whole and not broken(self._folder, stored.files):
                return dict(stored.facts)
        except (OSError, Damaged) as error:
            log.warning("%s cannot be read: %s", file, repr(error))
        file.unlink(missing_ok=True)
        self._run.append(Note(message=message("train.stage_damaged")))
        return None

    def weights(self, stage: str) -> dict[str, torch.Tensor]:
        file = self._file(stage, "safetensors")
        with self._run.reading(f"stages/{file.name}"):
            try:
                return load_file(file)
            except SafetensorError as error:
                raise Damaged(file.name) from error

    def keep(
        self,
        stage: str,
        facts: Mapping[str, Any],
        weights: Mapping[str, torch.Tensor] | None = None,
    ) -> None:
        """The facts come last: with them the stage is finished."""
        self._folder.mkdir(exist_ok=True)
        if weights is not None:
            own = {name: value.detach().cpu().clone() for name, value in weights.items()}
            save_file(own, self._file(stage, "safetensors"))
        names = [self._file(stage, "safetensors").name] if weights is not None else []
        stored = _Stored(facts, _sums(facts), seal(self._folder, names))
        replace_json(self._file(stage, "json"), vars(stored))

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _sums(facts: Mapping[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(facts).encode()):08x}"

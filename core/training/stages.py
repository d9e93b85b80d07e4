"""What finished stages of a run left behind, so that a run that goes on does not do them again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from core.runs import Run


class Stages:
    """Facts (ready for JSON) and weights of stages, by name, in a folder of the run."""

    def __init__(self, run: Run) -> None:
        self._folder = run.path / "stages"

    def _file(self, stage: str, kind: str) -> Path:
        return self._folder / f"{stage}.{kind}"

    def facts(self, stage: str) -> dict[str, Any] | None:
        """None when the stage was not finished."""
        file = self._file(stage, "json")
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None

    def weights(self, stage: str) -> dict[str, torch.Tensor]:
        return load_file(self._file(stage, "safetensors"))

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
        new = self._file(stage, "json.new")
        new.write_text(json.dumps(facts), encoding="utf-8")
        new.replace(self._file(stage, "json"))

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

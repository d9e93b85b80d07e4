"""Runs as the worker leaves them, without training anything."""

from __future__ import annotations

import math
import time
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
import numpy as np
import pandas as pd

from core.data.read.table import read
from core.data.samples import load
from core.evaluation import abstention, calibrate, verdict
from core.evaluation.calibrate import Temperature
from core.evaluation.intervals import measure
from core.export import simple as simple_models
from core.modalities import by_key
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs import events
from core.runs.result import Best, Compared, Result, RowCounts, Validation
from core.runs.run import LabelColumn, Run
from core.runs.store import RunStore
from core.simple_models.fit import embedding, tfidf
from core.tasks import of_names
from core.words import message
from tests.conftest import measured, scores

P = TypeVar("P")
HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}{{constructor}}`x`"


def make_run(
    store: RunStore,
    *,
    upto: float = 1.0,
    end: str = "finished",
    labels: tuple[str, ...] = ("positive", "negative"),
    name: str = "",
    text: tuple[str, ...] = ("text",),
    recommended: str = "model",
) -> Run:
    """A run of three epochs of which the share `upto` has happened; `end` is how it ended.

    `end`: finished, stopped, failed, or "" for one whose process is at work or gone.
    """
    if labels == ("positive", "negative"):
        table = load("sentiment_en")
    else:
        rows = "\n".join(f'"row {i} of it","{labels[i % len(labels)]}"' for i in range(60))
        table = read(f"{','.join(text)},label\n{rows}\n".encode(), "made.csv")
    recipe = Recipe(
        DataSpec(table.name, table.fingerprint, text),
        TaskSpec("label"),
        ModelSpec("minilm"),
        techniques={"adaptive_epochs": {"patience": 2.0}},
        name=name,
    )
    run = store.create(recipe, table)
    add_events(run, upto)
    if end in ("finished", "stopped"):
        add_result(run, labels, recommended)
        ended = events.RunFinished(seconds=64.0)
        run.append(ended if end == "finished" else events.RunStopped(step=40, seconds=30.0))
    elif end == "failed":
        run.append(
            events.RunFailed(message=message("error.no_model"), hint=message("error.no_model.hint"))
        )
    return run


def add_events(run: Run, upto: float, start: float | None = None) -> None:
    """Curves that fall, and from the second epoch on a validation loss that rises."""
    steps, per_epoch = 120, 40
    now = (start or time.time()) - 60
    run.append(events.RunStarted(time=now))
    for name, macro_f1 in (("tfidf", 0.742), ("embedding", 0.861)):
        run.append(
            events.Baseline(
                name=name, accuracy=macro_f1 + 0.01, macro_f1=macro_f1, seconds=1.0, time=now
            )
        )
    run.append(
        events.StageStarted(stage="train", total_steps=steps, epochs=3.0, rows=560, time=now)
    )
    best = 0.0
    for step in range(1, round(steps * upto) + 1):
        at, epoch = now + step / 3, step / per_epoch
        wave = 0.09 * math.sin(step * 1.7) + 0.05 * math.sin(step * 0.31)
        loss = 0.12 + 0.58 * math.exp(-step / 30) + wave * math.exp(-step / 60)
        run.append(events.Step(step=step, epoch=epoch, loss=loss, learning_rate=1e-4, time=at))
        if step % 20 == 0:
            score = 0.93 - 0.4 * math.exp(-step / 22) - max(0, step - 80) / 2500
            run.append(
                events.Evaluated(
                    step=step,
                    epoch=epoch,
                    loss=0.24 + 0.42 * math.exp(-step / 24) + max(0, step - 60) / 900,
                    accuracy=score + 0.006,
                    macro_f1=score,
                    best=score > best,
                    time=at,
                )
            )
            best = max(best, score)
    if upto >= 1:
        run.append(
            events.Note(message=message("technique.freeze.done", frozen=3, layers=6, share=0.2))
        )


def add_result(
    run: Run | LabelColumn, labels: tuple[str, ...], recommended: str = "model", simple: bool = True
) -> None:
    """A result and test rows that fit one another; word counts err on every fourth. `simple`: the simple
    models are there as well, fitted on those rows."""
    size = len(labels)
    confusion = [
        [52 if i == j else (3 if (i + j) % 3 else 1) for j in range(size)] for i in range(size)
    ]
    made = [
        {
            "line": 2 + 10 * i + 100 * j + k,
            "text": f"a test row that stands in the file as {labels[i]}, number {k}",
            "label": labels[i],
            "predicted": labels[j],
            "confidence": 0.99 - 0.4 * k / 60,
            "probabilities": [0.99 - 0.4 * k / 60 if n == j else 0.01 for n in range(size)],
        }
        for i in range(size)
        for j in range(size)
        for k in range(confusion[i][j])
    ]
    frame, task = pd.DataFrame(made), of_names(labels)
    truth = task.encode(frame["label"].tolist())
    shares = np.array(frame["probabilities"].tolist())
    shares /= shares.sum(axis=1, keepdims=True)
    words = np.where(np.arange(len(truth)) % 4, truth, (truth + 1) % size)
    plain = by_key(run.recipe().data.modality).plain
    others = {"majority": np.zeros_like(truth), plain: words, "embedding": words}
    for name, answers in others.items():
        frame[f"predicted:{name}"] = task.spoken(answers)
        frame[f"confidence:{name}"] = np.linspace(0.5, 1, len(frame))
    frame["column:shop"] = np.where(np.arange(len(frame)) % 3, "town", HOSTILE)
    calibration = calibrate.described(task, 2 * task.logits(shares), truth, Temperature(2.0, 120))
    right = frame["label"] == frame["predicted"]
    curve = abstention.curve(frame["confidence"].to_numpy(), right)
    baselines = {"majority": Compared(**vars(scores(labels, 0.33, len(frame))))}
    for name, macro_f1 in ((plain, 0.742), ("embedding", 0.861)):
        won = 0.95 if name == recommended else macro_f1
        baselines[name] = Compared(
            **vars(scores(labels, macro_f1 - 0.006, len(frame))),
            seconds=1.0,
            train_rows=560,
            validation=Validation(120, won + 0.01, won, 0.3),
            abstention=curve,
            calibration=calibration,
        )
    result = measured(
        labels,
        rows=RowCounts(560, 120, len(frame), 0),
        train_rows=560,
        test=measure(task, shares, truth, None),
        baselines=baselines,
        against=verdict.against(task, truth, task.given(shares, None), others),
        calibration=calibration,
        abstention=curve,
        recommended=recommended,
        best=Best(80, 2.0, 0.92),
        epochs=3.0,
        steps=120,
        seconds=64.0,
        max_length=64,
    )
    if simple:
        add_simple(run.main if isinstance(run, Run) else run, result, frame)
    run.write_test_rows(frame)
    run.write_result(result)
    add_model(run)
    with zipfile.ZipFile(run.path / "model.zip", "w") as archive:
        archive.writestr("model/model.safetensors", bytes(2_000_000))


def add_model(run: Run | LabelColumn) -> None:
    """A model's folder that nobody can load."""
    run.model.mkdir(exist_ok=True)
    (run.model / "config.json").write_text('{"model_type": "bert"}')
    (run.model / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")


def add_simple(column: LabelColumn, result: Result, frame: pd.DataFrame) -> None:
    """The two simple models, of which "tfidf" is real and "embedding" has no encoder."""
    task, texts = of_names(result.labels), frame["text"].tolist()
    numbers = task.encode(frame["label"].tolist())
    eye = np.eye(len(result.labels))
    fitted: dict[str, Any] = {
        "tfidf": (tfidf(texts, numbers, task, 0), texts),
        "embedding": (embedding(eye[numbers], numbers, task), eye),
    }
    for name, (model, inputs) in fitted.items():
        probes = [(text, None) for text in texts[: len(inputs)]]
        simple_models.export(column, name, model, column.recipe(), result, probes, inputs)


def drawn(part: Callable[[], P]) -> P:
    """A part of the page, on a page of its own."""
    with gr.Blocks():
        return part()

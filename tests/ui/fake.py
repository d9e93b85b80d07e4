"""Runs as the worker leaves them, without training anything."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import numpy as np
import pandas as pd

from core.data.read import read
from core.data.samples import load
from core.evaluation import calibrate, unsure, verdict
from core.evaluation.baselines import embedding, tfidf
from core.evaluation.calibrate import Temperature
from core.evaluation.intervals import measure
from core.export import simple
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs import Run, RunStore
from core.tasks import of_names
from core.training import events as ev
from core.words import message

HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}{{constructor}}`x`"


def make_run(
    store: RunStore,
    *,
    upto: float = 1.0,
    end: str = "finished",
    labels: tuple[str, ...] = ("positive", "negative"),
    name: str = "",
    text: tuple[str, ...] = ("text",),
    old: bool = False,
    recommended: str = "model",
) -> Run:
    """A run of three epochs of which the share `upto` has happened; `end` is how it ended.

    `end`: finished, stopped, failed, or "" for one whose process is at work or gone. `old`: as the
    first version wrote its metrics.
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
        add_result(run, labels, old, recommended)
        ended = ev.RunFinished(seconds=64.0)
        run.append(ended if end == "finished" else ev.RunStopped(step=40, seconds=30.0))
    elif end == "failed":
        run.append(
            ev.RunFailed(message=message("error.no_model"), hint=message("error.no_model.hint"))
        )
    return run


def add_events(run: Run, upto: float, start: float | None = None) -> None:
    """Curves that fall, and from the second epoch on a validation loss that rises."""
    steps, per_epoch = 120, 40
    now = (start or time.time()) - 60
    run.append(ev.RunStarted(time=now))
    for name, macro_f1 in (("tfidf", 0.742), ("embedding", 0.861)):
        run.append(
            ev.Baseline(
                name=name, accuracy=macro_f1 + 0.01, macro_f1=macro_f1, seconds=1.0, time=now
            )
        )
    run.append(ev.StageStarted(stage="train", total_steps=steps, epochs=3.0, rows=560, time=now))
    best = 0.0
    for step in range(1, round(steps * upto) + 1):
        at, epoch = now + step / 3, step / per_epoch
        wave = 0.09 * math.sin(step * 1.7) + 0.05 * math.sin(step * 0.31)
        loss = 0.12 + 0.58 * math.exp(-step / 30) + wave * math.exp(-step / 60)
        run.append(ev.Step(step=step, epoch=epoch, loss=loss, learning_rate=1e-4, time=at))
        if step % 20 == 0:
            score = 0.93 - 0.4 * math.exp(-step / 22) - max(0, step - 80) / 2500
            run.append(
                ev.Evaluated(
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
        run.append(ev.Note(message=message("technique.freeze.done", frozen=3, layers=6, share=0.2)))


def score(accuracy: float, macro_f1: float, rows: int) -> dict[str, Any]:
    return {"rows": rows, "accuracy": accuracy, "macro_f1": macro_f1, "loss": 0.3}


def add_result(
    run: Run, labels: tuple[str, ...], old: bool = False, recommended: str = "model"
) -> None:
    """Metrics and test rows that fit one another; the simple models are fitted on those rows."""
    size = len(labels)
    confusion = [
        [52 if i == j else (3 if (i + j) % 3 else 1) for j in range(size)] for i in range(size)
    ]
    rows = sum(map(sum, confusion))
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
    right = sum(confusion[i][i] for i in range(size)) / rows
    per_class = [
        {"label": label, "precision": 0.93, "recall": 0.91, "f1": 0.92, "rows": sum(confusion[i])}
        for i, label in enumerate(labels)
    ]
    metrics = {
        "labels": list(labels),
        "rows": {"train": 560, "validation": 120, "test": rows, "dropped": 0},
        "test": {
            **score(right, right - 0.01, rows),
            "per_class": per_class,
            "confusion": confusion,
        },
        "baselines": {"majority": score(0.5, 0.33, rows), "tfidf": score(0.74, 0.738, rows)},
        "best": {"step": 80, "epoch": 2.0, "macro_f1": 0.92},
        "epochs": 3.0,
        "steps": 120,
        "seconds": 64.0,
        "max_length": 64,
        "truncated": 0.0,
        "train_rows": 560,
    }
    frame = pd.DataFrame(made)
    if not old:
        add_trust(metrics, frame)
        add_simple(run, metrics, made, recommended)
    frame.to_parquet(run.path / "test.parquet")
    (run.path / "metrics.json").write_text(
        json.dumps(metrics, ensure_ascii=False), encoding="utf-8"
    )
    run.model.mkdir(exist_ok=True)
    (run.path / "model.zip").write_bytes(b"PK" + b"\0" * 2_000_000)


def add_trust(metrics: dict[str, Any], frame: pd.DataFrame) -> None:
    """Intervals, calibration and the rest, computed from the rows; word counts err on every fourth."""
    task = of_names(metrics["labels"])
    truth = task.encode(frame["label"].tolist())
    shares = np.array(frame["probabilities"].tolist())
    shares /= shares.sum(axis=1, keepdims=True)
    metrics["test"] = {**measure(task, shares, truth, None), **metrics["test"]}
    words = np.where(np.arange(len(truth)) % 4, truth, (truth + 1) % len(task.names))
    others = {"majority": np.zeros_like(truth), "tfidf": words}
    metrics["against"] = verdict.against(task, truth, task.given(shares, None), others)
    logits = 2 * task.logits(shares)
    metrics["calibration"] = calibrate.described(task, logits, truth, Temperature(2.0, 120))
    right = frame["label"] == frame["predicted"]
    metrics["unsure"] = unsure.curve(frame["confidence"].to_numpy(), right)
    frame["predicted:tfidf"] = task.spoken(words)
    frame["confidence:tfidf"] = np.linspace(0.5, 1, len(frame))
    frame["column:shop"] = np.where(np.arange(len(frame)) % 3, "town", HOSTILE)


def add_simple(
    run: Run, metrics: dict[str, Any], made: list[dict[str, Any]], recommended: str
) -> None:
    """The two simple models, of which "tfidf" is real and "embedding" has no encoder."""
    rows, labels = int(metrics["test"]["rows"]), metrics["labels"]
    metrics["baselines"]["embedding"] = score(0.86, 0.855, rows)
    metrics["recommended"] = recommended
    for name, macro_f1 in (("tfidf", 0.742), ("embedding", 0.861)):
        won = 0.95 if name == recommended else macro_f1
        metrics["baselines"][name] |= {
            "seconds": 1.0,
            "train_rows": 560,
            "validation": score(won + 0.01, won, 120),
            "per_class": metrics["test"]["per_class"],
        }
    texts = [row["text"] for row in made]
    numbers = np.array([labels.index(row["label"]) for row in made])
    fitted = {
        "tfidf": (tfidf(texts, numbers, of_names(labels), 0), texts),
        "embedding": (
            embedding(np.eye(len(labels))[numbers], numbers, of_names(labels)),
            np.eye(len(labels)),
        ),
    }
    for name, (model, inputs) in fitted.items():
        probes = [(text, None) for text in texts[: len(inputs)]]
        simple.export(run, name, model, run.recipe(), metrics, probes, inputs)

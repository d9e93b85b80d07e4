"""Damage to runs: the files of a real one, and the ways in which each is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.io.json_files import MAX_BYTES
from core.runs import events
from core.runs.run import Run


def huge(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


WAYS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "5": lambda file: file.write_bytes(b"5"),
    "[]": lambda file: file.write_bytes(b"[]"),
    "{}": lambda file: file.write_bytes(b"{}"),
    "NaN": lambda file: file.write_bytes(b"NaN"),
    "nested": lambda file: file.write_bytes(b"[" * 100_000),
    "no UTF-8": lambda file: file.write_bytes(b"\xff\xfe\x00\xd8"),
    "random": lambda file: file.write_bytes(bytes((7 * n * n + n) % 251 for n in range(5_000))),
    "huge": huge,
    "a folder": folder,
}
JSON = ("recipe.json", "metrics.json", "model/config.json")
FILES = (
    *JSON,
    "events.jsonl",
    "table.parquet",
    "test.parquet",
    "model/model.safetensors",
    "simple/tfidf/classifier.skops",
    "simple/tfidf/labels.json",
    "toy.zip",
    "corrections.jsonl",
)
# What is no damage: a run without its zip, or without corrections, is a run.
HARMLESS = {
    *((name, "missing") for name in ("toy.zip", "corrections.jsonl")),
    ("corrections.jsonl", "empty"),
    ("simple/tfidf/labels.json", "[]"),
    # A torn line costs only itself.
    ("corrections.jsonl", "truncated"),
    ("events.jsonl", "truncated"),
}


def commands(run: Run, out: Path) -> list[list[str]]:
    """Every command that reads a run, with what it writes in `out`."""
    rows = out / "rows.csv"
    rows.write_text("text,label\na good film,positive\na bad film,negative\n")
    return [
        ["report", run.id, "-o", str(out / "report.html")],
        ["evaluate", run.id],
        ["evaluate", run.id, "--file", str(rows)],
        ["evaluate", run.id, "--which", "tfidf", "--json"],
        ["predict", run.id, str(rows), "-o", str(out / "answers.csv")],
        ["predict", run.id, str(rows), "--which", "tfidf", "-o", str(out / "answers.csv")],
        ["export", run.id, "-o", str(out / "model.zip")],
        ["export", run.id, "--which", "tfidf", "-o", str(out / "tfidf.zip")],
        ["abstention", run.id],
        ["abstention", run.id, "--below", "0.5"],
        ["correct", run.id, "a lovely text", "--label", "positive"],
        ["corrections", run.id],
        ["suspects", run.id],
        ["learning-curve", run.id],
        ["train", str(rows), "--model", f"run:{run.id}", "--dry-run"],
        ["retrain", run.id],
    ]


def without_one(value: Any) -> list[Any]:
    """Copies of a JSON value that each lack one key or have another value there, at any depth; of a list the
    first place stands for all."""
    made: list[Any] = []
    if isinstance(value, dict):
        for key in value:
            rest = {name: inner for name, inner in value.items() if name != key}
            made.append(rest)
            made += [{**value, key: less} for less in without_one(value[key])]
            made.append({**value, key: "x" if value[key] != "x" else 5})
    elif isinstance(value, list) and value:
        made += [[less, *value[1:]] for less in without_one(value[0])]
    return made


def ended(run: Run, last: events.Event | None) -> None:
    """The events of a finished run, with another end, or none."""
    lines = run.events.read_bytes().splitlines(keepends=True)
    run.events.write_bytes(b"".join(lines[:-1]))
    if last is not None:
        run.append(last)

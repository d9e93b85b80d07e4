"""How far is the pre-flight off? Estimated minutes and memory beside what the run then took.

    python -m benchmarks.preflight [--quick] [--data FOLDER]

Each case in a process of its own: the estimate is measured afresh, then the same recipe is run to its last
epoch (no early stopping), baselines and export included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.common import Memory, ask, machine, recipe_of, say, start

# name, set, rows learned from, settings, techniques
CASES: tuple[tuple[str, str, int | None, dict[str, float], tuple[str, ...]], ...] = (
    ("short", "movies", 600, {"epochs": 3}, ()),
    ("short, fast mode", "movies", 1_200, {"epochs": 4}, ("freeze",)),
    ("many classes", "home_intents", None, {"epochs": 4}, ()),
    ("small batches", "topics_en", None, {"epochs": 6, "batch_size": 4}, ()),
    ("long", "spam_email", None, {"epochs": 2}, ()),
    ("long, fast mode", "spam_email", None, {"epochs": 4}, ("freeze",)),
    ("unequal classes", "sms", 300, {"epochs": 3}, ("class_balance",)),
)
QUICK = 2
TEST_ROWS = 500


def work(table: str, settings: dict[str, float], techniques: list[str]) -> dict[str, Any]:
    """In a child: what was estimated and what it took, seconds and MB."""
    from core.jobs.queue import new_run
    from core.runs.store import RunStore
    from core.workflow.preflight import Preflight
    from core.workflow.train import train

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TICKTUNE_HOME"] = folder
        rows, recipe = recipe_of(Path(table).read_bytes(), settings, techniques)
        store = RunStore(Path(folder, "runs"))
        estimate = Preflight(recipe, rows, store).estimate()
        memory = Memory()
        run = new_run(store, rows, recipe)
        train(run)
        progress = run.progress()
        assert progress.status == "finished", progress.error
        end = progress.now
        return {
            "said": [estimate.seconds, estimate.memory / 2**20],
            "took": [progress.seconds, memory.peak([(end - progress.seconds, end)])],
        }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preflight", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help=f"only the first {QUICK} cases")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    options = parser.parse_args(arguments)
    cases = CASES[:QUICK] if options.quick else CASES
    frames = data.available([case[1] for case in cases], data.folder_of(options.data))
    print(f"{machine()}\n", flush=True)
    print("| case | said s | took s | off | said MB | took MB | off |")
    print("|---|---|---|---|---|---|---|")
    errors: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.csv")
        for name, wanted, rows, settings, techniques in cases:
            if wanted not in frames:
                continue
            say(name)
            table.write_bytes(data.to_csv(data.divide(frames[wanted], rows, 1, TEST_ROWS)))
            task = {"table": str(table), "settings": settings, "techniques": list(techniques)}
            figures = ask("benchmarks.preflight", task)
            off = [s / t - 1 for s, t in zip(figures["said"], figures["took"], strict=True)]
            errors.append([abs(error) for error in off])
            (said, said_mb), (took, took_mb) = figures["said"], figures["took"]
            print(
                f"| {name} | {said:.0f} | {took:.0f} | {off[0]:+.0%} "
                f"| {said_mb:.0f} | {took_mb:.0f} | {off[1]:+.0%} |",
                flush=True,
            )
    seconds, memory = (statistics.mean(column) for column in zip(*errors, strict=True))
    figures = {"mean_error_seconds": seconds, "mean_error_memory": memory}
    print(f"\n{json.dumps({name: round(value, 3) for name, value in figures.items()})}", flush=True)


if __name__ == "__main__":
    start(main, work)

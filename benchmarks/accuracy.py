"""How good is the default run? Each file is trained with several seeds, on the command line, as a user would.

    python -m benchmarks accuracy [FILE ...] [--seeds N]

Without files: the samples in assets/samples that are in English, the language of the bundled model. The seed
decides the split as well, so the spread over seeds is that of data and training together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.samples import SAMPLES
from core.words import ASSETS


def train(file: Path, seed: int, runs: Path) -> dict[str, Any]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "core",
            "train",
            str(file),
            "--seed",
            str(seed),
            "--runs",
            str(runs),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks accuracy", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    files = options.files or [
        ASSETS / "samples" / sample.file for sample in SAMPLES if sample.language == "en"
    ]
    print("| file | train rows | test rows | majority | TF-IDF | TickTune | seconds |")
    print("|---|---|---|---|---|---|---|")
    for file in files:
        with tempfile.TemporaryDirectory() as runs:
            results = [train(file, seed, Path(runs)) for seed in range(1, options.seeds + 1)]
        first = results[0]
        columns = [
            file.name,
            first["train_rows"],
            first["test"]["rows"],
            *(
                _mean([r["baselines"][kind]["macro_f1"] for r in results])
                for kind in ("majority", "tfidf")
            ),
            _mean([r["test"]["macro_f1"] for r in results]),
            f"{statistics.mean(r['seconds'] for r in results):.0f}",
        ]
        print("| " + " | ".join(str(column) for column in columns) + " |", flush=True)


def _mean(values: Sequence[float]) -> str:
    """Mean macro-F1 in percent, with the lowest and the highest of the seeds."""
    low, mean, high = (100 * f(values) for f in (min, statistics.mean, max))
    return f"{mean:.1f} ({low:.1f}-{high:.1f})"

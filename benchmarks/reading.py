"""How long does a table of a million rows take to be read and described, and how much memory?

    python -m benchmarks.reading [--rows N] [--quick]

The table is made from a seed: rows of 3 to 24 words, some quoted with a comma or a line end inside, one of
five labels, and a number. Each way is a process of its own with one thread:

- ours: `read`, then `profile` and the check-up, as after an upload;
- ours, mended: the same with one row too short, so that the parser that mends files has its turn;
- parser: that parser on the regular file, which is how every file was read before there was a quicker way;
- pandas: `pandas.read_csv` with everything as text, which is the time to compare with. It knows no lines and
  describes nothing.

Memory is the most that the process held, less what it held before it read.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import Memory, ask, machine, start

ROWS = 1_000_000
WORDS = (
    *("the", "a", "very", "good", "bad", "coffee", "service", "room", "quiet"),
    *("clean", "slow", "friendly", "staff", "was", "were", "not", "so", "and"),
    *("but", "again", "never", "breakfast", "late", "early", "nice", "rude", "price"),
    *("value", "parking", "bed", "shower", "noise", "night", "view"),
)
LABELS = ("praise", "complaint", "question", "order", "other")
PARTS = ("read", "profile", "check-up", "fingerprint")
WAYS = ("pandas", "parser", "ours", "ours, mended")


def write(path: Path, rows: int, ragged: bool) -> None:
    """A CSV file of so many rows; with `ragged` one of them lacks its last cell."""
    draw = random.Random(42)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "number"))
        for number in range(rows):
            words = draw.choices(WORDS, k=draw.randint(3, 24))
            if number % 20 == 0:
                words[1] += draw.choice((",", "\n", ' "yes"'))
            row = (" ".join(words), draw.choice(LABELS), number)
            writer.writerow(row[:2] if ragged and number == rows // 2 else row)


def work(path: str, way: str) -> dict[str, float]:
    """Seconds and megabytes of one way, in this process."""
    run = _ways()[way]
    memory = Memory()
    time.sleep(0.2)
    begun = time.time()
    before = memory.peak([(0, begun)])
    spans = run(Path(path))
    return {**spans, "memory": memory.peak([(begun, time.time())]) - before}


def _ways() -> Mapping[str, Callable[[Path], dict[str, float]]]:
    """With everything imported that the page has imported by then."""
    import pandas as pd
    import sklearn.feature_extraction.text  # noqa: F401 - which the check-up imports

    from core.data.profile.profile import profile
    from core.data.read.csv_repair import Parser, find_delimiter, split_lines
    from core.data.read.decode import decode
    from core.data.read.table import read
    from core.modalities.checkup import checkup

    def ours(path: Path) -> dict[str, float]:
        begun = time.perf_counter()
        table = read(path)
        done = time.perf_counter()
        seen = profile(table)
        described = time.perf_counter()
        checkup(table, seen)
        checked = time.perf_counter()
        table.fingerprint  # noqa: B018 - it is computed once, when it is asked for
        return {
            "read": done - begun,
            "profile": described - done,
            "check-up": checked - described,
            "fingerprint": time.perf_counter() - checked,
        }

    def parser(path: Path) -> dict[str, float]:
        begun = time.perf_counter()
        lines = split_lines(decode(path.read_bytes()).text)
        parsed = Parser(lines, find_delimiter(lines))
        parsed.rows.columns(parsed.width)
        return {"read": time.perf_counter() - begun}

    def pandas(path: Path) -> dict[str, float]:
        begun = time.perf_counter()
        pd.read_csv(path, dtype="str", keep_default_na=False)
        return {"read": time.perf_counter() - begun}

    return {"ours": ours, "ours, mended": ours, "parser": parser, "pandas": pandas}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    options = parser.parse_args(arguments)
    rows = options.rows // 10 if options.quick else options.rows
    print(f"{machine()}\n", flush=True)
    summary: dict[str, Any] = {"rows": rows}
    print(f"| way | {' | '.join(f'{part} s' for part in PARTS)} | memory MB |")
    print(f"|{'---|' * (len(PARTS) + 2)}")
    with tempfile.TemporaryDirectory() as folder:
        regular, ragged = Path(folder) / "regular.csv", Path(folder) / "ragged.csv"
        write(regular, rows, ragged=False)
        write(ragged, rows, ragged=True)
        summary["megabytes"] = round(regular.stat().st_size / 2**20, 1)
        for way in WAYS:
            path = ragged if way == "ours, mended" else regular
            figures = ask(
                "benchmarks.reading", {"path": str(path), "way": way},
                OMP_NUM_THREADS="1", ARROW_NUM_THREADS="1",
            )  # fmt: skip
            times = [f"{figures[part]:.2f}" if part in figures else "" for part in PARTS]
            print(f"| {way} | {' | '.join(times)} | {figures['memory']:.0f} |", flush=True)
            key = way.replace(", ", "_")
            named = {name.replace("-", ""): round(value, 2) for name, value in figures.items()}
            summary |= {f"{key}_{name}": value for name, value in named.items()}
    print(f"\n{json.dumps(summary)}", flush=True)


if __name__ == "__main__":
    start(main, work)

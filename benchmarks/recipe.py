"""Is the page's default any good? Against what it takes to beat, on many data sets, from 200 rows on.

    python -m benchmarks.recipe [--quick] [--data FOLDER] [--sets ...] [--sizes ...] [--seeds N]
    python -m benchmarks.recipe --set learning_rate=5e-5 --technique none     our recipe changed, one row more

A seed decides which rows are learned from, which test, and the training. Every answer goes to the file of
`--results`: an interrupted study goes on where it was, and another row is compared with those before.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import platformdirs

from benchmarks import data
from benchmarks.common import advised, ask, machine, pairs, say, start, train_ours
from core.tasks import metrics

OURS = "ours"
RIVALS = ("majority", "tfidf", "frozen", "plain")
TITLES = {
    "majority": "majority",
    "tfidf": "TF-IDF",
    "frozen": "frozen + LR",
    "plain": "plain Trainer",
}
SEEDS, DRAWS = 3, 1_000
QUICK = {"sets": ("posts", "topics_en", "home_intents"), "sizes": (200,), "seeds": 1}
PLAIN: dict[str, Any] = {
    "max_length": 256,
    "epochs": 3,
    "evaluate": False,
}  # the rest is the Trainer's own: 5e-5, batch 8


def work(
    table: str,
    system: str,
    seed: int,
    model: str,
    settings: dict[str, str],
    techniques: list[str] | None,
) -> dict[str, Any]:
    """In a child: the answers of one system, as class numbers of the test rows in their order."""
    from benchmarks import rivals

    content = Path(table).read_bytes()
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    rows = rivals.Rows.of(frame)
    begun = time.monotonic()
    more: dict[str, Any] = {}
    if system in rivals.SIMPLE:
        predicted: Iterable[int] = rivals.SIMPLE[system](rows, seed, model)
    elif system == "plain":
        predicted = rivals.plain(rows, seed, model, **PLAIN).predicted
    else:
        with tempfile.TemporaryDirectory() as folder:
            run = train_ours(content, Path(folder), {"seed": seed, **settings}, techniques, model)
            test, measured = run.test_rows(), run.measured()
        assert test["text"].str.strip().tolist() == [text.strip() for text in rows.test[0]]
        predicted = [rows.classes.index(label) for label in test["predicted"]]
        more = {"epochs": measured.epochs, "best": measured.best.epoch}
    return {
        "predicted": [int(number) for number in predicted],
        "seconds": round(time.monotonic() - begun, 1),
        **more,
    }


@dataclass
class Study:
    """The answers that are there, by what they are answers to, and the file that keeps them."""

    file: Path
    answers: dict[str, dict[str, Any]]

    @classmethod
    def open(cls, file: Path) -> Study:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        answers = {}
        for line in lines:
            with contextlib.suppress(ValueError):  # a line torn by an interruption
                row = json.loads(line)
                answers[row["key"]] = row
        return cls(file, answers)

    def answer(
        self, name: str, content: bytes, model: str, system: System, seed: int
    ) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()[:16]
        key = f"{name} {digest} {seed} {system.label} {model}"
        if key not in self.answers:
            with tempfile.TemporaryDirectory() as folder:
                table = Path(folder, "table.csv")
                table.write_bytes(content)
                task = {"table": str(table), "seed": seed, "model": model, **system.task()}
                answer = {"key": key, **ask("benchmarks.recipe", task)}
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(answer) + "\n")
            self.answers[key] = answer
        return self.answers[key]


@dataclass(frozen=True)
class System:
    """One way to learn; ours may have settings and techniques of its own, which its label then says."""

    name: str
    settings: tuple[str, ...] = ()
    techniques: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        words = [*self.settings, *(f"+{key}" for key in self.techniques or ())]
        if self.techniques == ():
            words.append("no technique")
        return " ".join([self.name, *words])

    def task(self) -> dict[str, Any]:
        techniques = None if self.techniques is None else list(self.techniques)
        return {"system": self.name, "settings": pairs(self.settings), "techniques": techniques}


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    ours = [System(OURS)]
    if options.set or options.technique:
        chosen = tuple(key for key in options.technique or () if key != "none")
        ours.append(System(OURS, tuple(options.set), chosen if options.technique else None))
    systems = [*(System(name) for name in RIVALS if name not in options.without), *ours]
    study = Study.open(options.results)
    say(f"answers are kept in {options.results}")
    print(f"{machine()}\n\nMacro-F1 (accuracy) in percent, mean of seeds 1 to {options.seeds}.\n")
    titles = [TITLES.get(system.name, system.label) for system in systems]
    heads = [
        "data",
        "model",
        "rows learned",
        "test",
        *titles,
        "best",
        "ours to the best",
        "verdict",
    ]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads), flush=True)
    frames = data.available(options.sets, options.data)
    for name, rows in _cases(frames, options.sizes):
        print(_row(name, rows, frames[name], systems, study, options.seeds), flush=True)
    print(
        "\nours to the best: the difference in macro-F1 with its 95 % interval (paired bootstrap over the "
        f"test rows of every seed, {DRAWS} draws). best: no rival is ahead; within: the interval holds 0."
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    cache = Path(platformdirs.user_cache_dir("ticktune", appauthor=False), "benchmarks")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipe", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK}")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--sets", nargs="+", choices=data.BY_NAME, metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=int, metavar="ROWS")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--results", type=Path, default=cache / "recipe.jsonl", metavar="FILE")
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument(
        "--technique", action="append", metavar="KEY[:option=value]", help="or none"
    )
    parser.add_argument("--without", nargs="+", default=[], choices=RIVALS, metavar="RIVAL")
    options = parser.parse_args(arguments)
    if set(options.without) == set(RIVALS):
        parser.error("at least one rival has to stay")
    options.data = data.folder_of(options.data)
    options.sets = options.sets or (QUICK["sets"] if options.quick else tuple(data.BY_NAME))
    options.sizes = options.sizes or (QUICK["sizes"] if options.quick else data.SIZES)
    options.seeds = options.seeds or (QUICK["seeds"] if options.quick else SEEDS)
    return options


def _cases(
    frames: dict[str, pd.DataFrame], sizes: Sequence[int]
) -> Iterator[tuple[str, int | None]]:
    for name in frames:
        own = data.BY_NAME[name].sizes
        for rows in [size for size in sizes if size <= max(own)] if own else [None]:
            yield name, rows


@dataclass
class Case:
    """One row of the table: true classes of the test rows, and each system's answers, a list over seeds."""

    truths: list[np.ndarray]
    answers: dict[str, list[np.ndarray]]

    def mean(self, label: str) -> float:
        return float(np.mean(_each(macro_f1, self.truths, self.answers[label])))

    def accuracy(self, label: str) -> float:
        return 100 * float(
            np.mean(_each(lambda t, a: (t == a).mean(), self.truths, self.answers[label]))
        )

    def judge(self, label: str, rival: str) -> tuple[str, str]:
        """The difference of a row of ours to a rival in words, and the verdict on it."""
        mean, low, high = difference(self.truths, self.answers[label], self.answers[rival])
        verdict = "best" if mean >= 0 else "within" if high >= 0 else "behind"
        return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})", verdict


def _row(
    name: str,
    rows: int | None,
    frame: pd.DataFrame,
    systems: Sequence[System],
    study: Study,
    seeds: int,
) -> str:
    case = Case([], {system.label: [] for system in systems})
    for seed in range(1, seeds + 1):
        divided = data.divide(frame, rows, seed)
        classes = sorted(divided["label"].unique())
        test = divided.loc[divided["split"] == "test", "label"]
        case.truths.append(np.array([classes.index(label) for label in test]))
        content = data.to_csv(divided)
        model = advised(content)
        for system in systems:
            say(f"{name} {rows or 'all'} seed {seed}: {system.label}")
            answer = study.answer(name, content, model, system, seed)
            case.answers[system.label].append(np.array(answer["predicted"]))
    means = {label: case.mean(label) for label in case.answers}
    cells = [name, model, str(len(divided) - len(test)), str(len(test))]
    for label, mean in means.items():
        bold = "**" if mean == max(means.values()) else ""
        cells.append(f"{bold}{mean:.1f}{bold} ({case.accuracy(label):.1f})")
    best = max((s.name for s in systems if s.name != OURS), key=means.__getitem__)
    judged = [case.judge(system.label, best) for system in systems if system.name == OURS]
    cells += [TITLES[best], *("; ".join(words) for words in zip(*judged, strict=True))]
    return "| " + " | ".join(cells) + " |"


def _each(score: Any, truths: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> list[float]:
    return [score(truth, answer) for truth, answer in zip(truths, answers, strict=True)]


def macro_f1(truth: np.ndarray, answer: np.ndarray) -> float:
    """In percent."""
    return 100 * metrics.macro_f1(truth, answer)


def difference(
    truths: Sequence[np.ndarray], ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]
) -> tuple[float, float, float]:
    """Macro-F1 of ours minus theirs, mean over seeds, and the ends of its 95 % interval.

    Paired bootstrap (Berg-Kirkpatrick, Burkett and Klein 2012): the test rows of each seed are drawn anew
    with replacement, the same for both. It says what other test rows would have said, given these models.
    """
    draw = np.random.default_rng(0)
    draws = np.zeros(DRAWS)
    for truth, our, their in zip(truths, ours, theirs, strict=True):
        for number in range(DRAWS):
            where = draw.integers(len(truth), size=len(truth))
            draws[number] += macro_f1(truth[where], our[where])
            draws[number] -= macro_f1(truth[where], their[where])
    mean = np.mean(_each(macro_f1, truths, ours)) - np.mean(_each(macro_f1, truths, theirs))
    low, high = np.quantile(draws / len(truths), (0.025, 0.975))
    return float(mean), float(low), float(high)


if __name__ == "__main__":
    start(main, work)

"""How long does training take beside the Trainer of transformers, and what does it cost in score and memory?

    python -m benchmarks.training [--quick] [--data FOLDER] [--rounds N] [--epochs N]

Five ways in turn, each in a process of its own: plain (the Trainer with its own defaults: fp32, each batch
filled up to its longest text), alike (the same with TickTune's batch size and learning rate), padded (as
plain, every text filled up to the maximum length, as tutorials do), default (what the page ticks for this
data) and fast (that with Freeze). All have the same rows, epochs and maximum length, and score the
validation rows after each epoch. What is counted is said in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import data
from benchmarks.common import PAGE, Memory, ask, machine, say, start, train_ours
from core.training import plan

WAYS = ("plain", "alike", "padded", "default", "fast")
TECHNIQUES = {"default": (PAGE,), "fast": (PAGE, "freeze")}
ONCE = ("alike", "padded")  # no promise is measured against them
ROUNDS, EPOCHS = 3, 2
# rows learned from (15 % of them validate), maximum length; a long set that needs no other data at the end
SHORT = ("movies", 5_000, 128)
LONG = (("news", 1_000, 256), ("spam_email", None, 256))
QUICK_ROWS, QUICK_TEST = {"short": 600, "long": 200}, 400


def work(table: str, way: str, seed: int, epochs: float, max_length: int) -> dict[str, Any]:
    """In a child: train once; seconds, peak memory meanwhile in MB and macro-F1 in percent."""
    from benchmarks import rivals
    from benchmarks.recipe import macro_f1

    content = Path(table).read_bytes()
    memory = Memory()
    if way in TECHNIQUES:
        settings = {"epochs": epochs, "seed": seed, "max_length": max_length, "evaluations": 1}
        with tempfile.TemporaryDirectory() as folder:
            run = train_ours(content, Path(folder), settings, TECHNIQUES[way])
            stages, scored = _stages(run), run.measured()
        assert scored.epochs == epochs, "it was stopped early, or went on for longer"
        spans, score = counted(stages), 100 * scored.test.macro_f1
    else:
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        rows = rivals.Rows.of(frame)
        done = rivals.plain(
            rows,
            seed,
            max_length=max_length,
            epochs=epochs,
            evaluate=True,
            padding=way == "padded",
            **(_alike(len(rows.train[0])) if way == "alike" else {}),
        )
        spans, score = [(done.begin, done.end)], macro_f1(rows.test[1], done.predicted)
    return {
        "seconds": sum(end - begin for begin, end in spans),
        "memory": memory.peak(spans),
        "macro_f1": score,
    }


def _alike(rows: int) -> dict[str, Any]:
    """What TickTune chooses for that many rows."""
    return {
        "per_device_train_batch_size": plan.batch_size(rows),
        "learning_rate": plan.LEARNING_RATE,
    }


def _stages(run: Any) -> list[tuple[str, float]]:
    """The stages of a run and when each began, seconds since the epoch; the end of the run at last."""
    from core.runs import events

    written = events.read(run.events)[0]
    begun = [
        (event.stage, event.time) for event in written if isinstance(event, events.StageStarted)
    ]
    return [*begun, ("", written[-1].time)]


def counted(stages: Sequence[tuple[str, float]]) -> list[tuple[float, float]]:
    """The stretches that are training: from the start to the end of the last "train", less the baselines."""
    names = [name for name, _ in stages]
    last = len(names) - 1 - names[::-1].index("train")
    return [
        (begin, stages[place + 1][1])
        for place, (name, begin) in enumerate(stages[: last + 1])
        if name != "baselines"
    ]


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    sets = _sets(options)
    print(f"{machine()}\n", flush=True)
    measured = {
        length: _measure(frame, rows, cut, options)
        for length, (_, frame, rows, cut) in sets.items()
    }
    print("| texts | way | seconds | times faster | peak MB | to plain | macro-F1 |")
    print("|---|---|---|---|---|---|---|")
    for length, (name, *_) in sets.items():
        for way in WAYS:
            if measured[length][way]:
                print(_row(f"{length}: {name}", way, measured[length]))
    print(f"\n{json.dumps(summary(measured))}", flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="few rows, one epoch, one round")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--rows", type=int, help="of each set at most")
    parser.add_argument("--promised", action="store_true", help="without alike and padded")
    options = parser.parse_args(arguments)
    options.data = data.folder_of(options.data)
    options.test = QUICK_TEST if options.quick else data.TEST_ROWS
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    options.epochs = options.epochs or (1.0 if options.quick else float(EPOCHS))
    return options


def _sets(options: argparse.Namespace) -> dict[str, tuple[str, pd.DataFrame, int | None, int]]:
    """For "short" and "long": name, frame, rows and maximum length."""
    chosen = {}
    for length, candidates in (("short", (SHORT,)), ("long", LONG)):
        for name, rows, cut in candidates:
            if length in chosen:
                continue
            for frame in data.available([name], options.data).values():
                limits = [rows, options.rows, QUICK_ROWS[length] if options.quick else None]
                fewest = min((limit for limit in limits if limit), default=None)
                chosen[length] = (name, frame, fewest, cut)
    if "short" not in chosen:
        raise SystemExit("the short set needs the network once, or the folder of --data")
    return chosen


Results = Mapping[str, Sequence[Mapping[str, float]]]  # way -> one result a round


def _measure(
    frame: pd.DataFrame, rows: int | None, cut: int, options: argparse.Namespace
) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.csv")
        for number in range(1, options.rounds + 1):
            table.write_bytes(data.to_csv(data.divide(frame, rows, number, options.test)))
            for way in WAYS:
                if way in ONCE and (number > 1 or options.promised):
                    continue
                task = {"table": str(table), "way": way, "seed": number, "max_length": cut}
                # Who uses the Trainer has torch's threads wait as OpenMP's library does by itself.
                waiting = {} if way in TECHNIQUES else {"GOMP_SPINCOUNT": "300000"}
                result = ask("benchmarks.training", {**task, "epochs": options.epochs}, **waiting)
                say(f"round {number}, {way}: {result['seconds']:.1f} s")
                results[way].append(result)
    return results


def ratio(results: Results, way: str, what: str) -> float:
    """The median over the rounds of `what` in the plain Trainer divided by `way`, within each round."""
    rounds = zip(results["plain"], results[way], strict=False)
    return statistics.median(plain[what] / other[what] for plain, other in rounds)


def _mean(results: Results, way: str, what: str) -> float:
    return statistics.mean(result[what] for result in results[way])


def _row(texts: str, way: str, results: Results) -> str:
    cells = [
        texts,
        way,
        f"{statistics.median(result['seconds'] for result in results[way]):.1f}",
        f"{ratio(results, way, 'seconds'):.2f}",
        f"{statistics.median(result['memory'] for result in results[way]):.0f}",
        f"{1 / ratio(results, way, 'memory'):.2f}",
        f"{_mean(results, way, 'macro_f1'):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def summary(measured: Mapping[str, Results]) -> dict[str, float]:
    """The line that the promises are held against: the worse of the two sets' speed-ups, mean macro-F1 in
    percent, and the memory of the default on the long texts."""
    figures = {
        f"speedup_{way}": min(ratio(results, way, "seconds") for results in measured.values())
        for way in TECHNIQUES
    }
    for way in ("plain", *TECHNIQUES):
        figures[f"macro_f1_{way}"] = statistics.mean(
            _mean(results, way, "macro_f1") for results in measured.values()
        )
    figures["peak_rss_ratio"] = 1 / ratio(measured["long"], "default", "memory")
    return {name: round(value, 3) for name, value in figures.items()}


if __name__ == "__main__":
    start(main, work)

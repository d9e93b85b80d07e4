"""Which way of explaining an answer finds the words that matter: a deletion test.

    python -m benchmarks.explanations [--quick] [--data FOLDER] [--sets NAME ...] [--run FOLDER]

The words that a way holds to speak most for the answer are taken out of test rows. The more the probability
of the answer falls, the better it has found them. What is compared is said in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import functools
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import data
from benchmarks.common import ask, machine, say, start, train_ours
from core.inference.explain_text import Ask, Piece, explain, occlusion, units_of, without
from core.modalities.segmentation import Unit
from core.runs.store import run_at

if TYPE_CHECKING:
    from core.inference.predictor import TransformerPredictor

SETS = ("movies", "topics_en", "spam_email")
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)  # of the words that are taken out
ROWS, TEXTS, QUICK_ROWS, QUICK_TEXTS = 1_000, 100, 200, 12
SHORTEST, LONGEST = 6, 400  # words of a text that is looked at
STEPS = 20  # of integrated gradients as a way of its own
RANDOM, DRAWS = "random words", 5
OURS, RIVAL = "ours", "integrated gradients"

Text = tuple[str, None]
Weigh = Callable[
    ["TransformerPredictor", Text, Sequence[Unit], int], np.ndarray
]  # the units of a text and a label -> weights [units]


def spread(pieces: Iterable[Piece], units: Sequence[Unit]) -> np.ndarray:
    """The weight of each unit: of a stretch its share."""
    place = {unit: k for k, unit in enumerate(units)}
    weights = np.zeros(len(units))
    for piece in pieces:
        for unit in piece.units:
            weights[place[unit]] = piece.weight / len(piece.units)
    return weights


def ours(
    predictor: TransformerPredictor, text: Text, units: Sequence[Unit], label: int
) -> np.ndarray:
    """What the page shows."""
    return spread(explain(predictor, text, label).pieces, units)


def stretches(
    predictor: TransformerPredictor, text: Text, units: Sequence[Unit], label: int
) -> np.ndarray:
    """Leave one out with nothing but answers, as for models that have no gradients."""
    return spread(occlusion(predictor.probabilities, text, units, label), units)


def gradients(
    predictor: TransformerPredictor, text: Text, units: Sequence[Unit], label: int
) -> np.ndarray:
    """Integrated gradients alone."""
    from core.inference.gradients import integrated_gradients

    weights = integrated_gradients(
        predictor.model, predictor.processor, predictor.max_length, text, units, label, STEPS
    )
    assert weights is not None
    return weights


WAYS: dict[str, Weigh] = {OURS: ours, "leave one out in stretches": stretches, RIVAL: gradients}


def removed(text: Text, gone: Sequence[Unit]) -> Text:
    """The text without some of its words."""
    return without(text, gone)[0], None


def masked(text: Text, gone: Sequence[Unit], mask: str) -> Text:
    """The text with a mask in place of each of them."""
    left = text[0]
    for unit in sorted(gone, key=lambda stretch: stretch.start, reverse=True):
        left = left[: unit.start] + mask + left[unit.end :]
    return left, None


def falls(
    answer: Ask, text: Text, units: Sequence[Unit], label: int, mask: str, order: np.ndarray
) -> tuple[float, float]:
    """How far the probability of the label falls, mean over SHARES, when the first words of an order are
    removed, and when they are masked."""
    some = [[units[i] for i in order[: max(1, round(share * len(units)))]] for share in SHARES]
    asked = [text, *(removed(text, gone) for gone in some)]
    asked += [masked(text, gone, mask) for gone in some]
    sure = answer(asked)[:, label]
    first, second = sure[0] - sure[1:].reshape(2, -1).mean(axis=1)
    return float(first), float(second)


def work(run: str, table: str, place: str, texts: int) -> dict[str, Any]:
    """In a child: train a model where no run is given, then what each way finds in its test rows."""
    from core.inference.predictor import TransformerPredictor

    trained = (
        run_at(Path(run)) if run else train_ours(Path(table).read_bytes(), Path(place), {"seed": 1})
    )
    predictor = TransformerPredictor(trained.model)
    tested = trained.test_rows()
    assert tested is not None
    draw = np.random.default_rng(0)
    rows: list[Text] = [
        (text, None)
        for text in tested["text"]
        if SHORTEST <= len(units_of((text, None))) <= LONGEST
    ]
    rows = [
        (text[0][: predictor.reach(text)[0]], None)  # what is not read has no weight in any way
        for text in (rows[int(i)] for i in draw.permutation(len(rows))[:texts])
    ]
    units = [units_of(text, predictor.tokens(text)) for text in rows]
    answers = [weighed(predictor, *case, draw) for case in zip(rows, units, strict=True)]
    return {
        "words": [len(of_text) for of_text in units],
        "ways": {name: [answer[name] for answer in answers] for name in (*WAYS, RANDOM)},
    }


def weighed(
    predictor: TransformerPredictor, text: Text, units: Sequence[Unit], draw: np.random.Generator
) -> dict[str, dict[str, float]]:
    """What each way finds in one text."""
    label = int(predictor.probabilities([text])[0].argmax())
    mask = predictor.processor.mask_token or predictor.processor.unk_token
    test = functools.partial(falls, predictor.probabilities, text, units, label, mask)
    by_way = {}
    for name, weigh in WAYS.items():
        began = time.monotonic()
        order = np.argsort(-weigh(predictor, text, units, label), kind="stable")
        seconds = time.monotonic() - began
        first, second = test(order)
        by_way[name] = {"removed": first, "masked": second, "seconds": seconds}
    first, second = np.mean([test(draw.permutation(len(units))) for _ in range(DRAWS)], axis=0)
    by_way[RANDOM] = {"removed": float(first), "masked": float(second), "seconds": 0.0}
    return by_way


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    results = {}
    if options.run:
        asked = {"run": str(options.run), "table": "", "place": "", "texts": options.texts}
        results[options.run.name] = ask("benchmarks.explanations", asked)
    else:
        for name, frame in data.available(options.sets, options.data).items():
            say(name)
            with tempfile.TemporaryDirectory() as folder:
                table = Path(folder, "table.csv")
                divided = data.divide(frame, min(options.rows, int(0.7 * len(frame))), 1)
                table.write_bytes(data.to_csv(divided))
                asked = {
                    "run": "",
                    "table": str(table),
                    "place": folder,
                    "texts": options.texts,
                }
                results[name] = ask("benchmarks.explanations", asked)
    print(f"{machine()}\n")
    print("| data | texts | words | way | removed | masked | seconds, median | slowest |")
    print("|---|---|---|---|---|---|---|---|")
    for name, result in results.items():
        for way in (*WAYS, RANDOM):
            print(_row(name, way, result), flush=True)
    print(f"\n{json.dumps(summary(results))}", flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explanations", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_ROWS} rows, {QUICK_TEXTS} texts"
    )
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--sets", nargs="+", choices=data.BY_NAME, metavar="NAME")
    parser.add_argument("--run", type=Path, help="a run's folder, instead of training")
    parser.add_argument("--texts", type=int)
    options = parser.parse_args(arguments)
    options.data = data.folder_of(options.data)
    options.sets = options.sets or SETS
    options.rows = QUICK_ROWS if options.quick else ROWS
    options.texts = options.texts or (QUICK_TEXTS if options.quick else TEXTS)
    return options


def _all(result: Mapping[str, Any], way: str, what: str) -> np.ndarray:
    return np.array([answer[what] for answer in result["ways"][way]])


def _row(name: str, way: str, result: Mapping[str, Any]) -> str:
    seconds = _all(result, way, "seconds")
    words = result["words"]
    cells = [
        name,
        str(len(words)),
        f"{np.median(words):.0f} (most {max(words)})",
        way,
        f"{100 * _all(result, way, 'removed').mean():.1f}",
        f"{100 * _all(result, way, 'masked').mean():.1f}",
        *(["", ""] if way == RANDOM else [f"{np.median(seconds):.2f}", f"{seconds.max():.2f}"]),
    ]
    return "| " + " | ".join(cells) + " |"


def summary(results: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Points of probability, means over the texts of all sets; `ahead` is ours minus the rival with the ends
    of its 95 % interval (bootstrap over the texts)."""
    figures: dict[str, float] = {}
    for way, name in ((OURS, "ours"), (RIVAL, "gradients"), (RANDOM, "random")):
        for what in ("removed", "masked"):
            values = np.concatenate([_all(result, way, what) for result in results.values()])
            figures[f"{name}_{what}"] = 100 * float(values.mean())
    gaps = 100 * np.concatenate(
        [
            _all(result, OURS, "removed") - _all(result, RIVAL, "removed")
            for result in results.values()
        ]
    )
    drawn = np.random.default_rng(0).choice(gaps, (1_000, len(gaps))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    figures |= {"ahead": float(gaps.mean()), "ahead_low": float(low), "ahead_high": float(high)}
    figures["slowest"] = max(
        float(_all(result, OURS, "seconds").max()) for result in results.values()
    )
    return {name: round(value, 2) for name, value in figures.items()}


if __name__ == "__main__":
    start(main, work)

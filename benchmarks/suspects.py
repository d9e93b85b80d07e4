"""Are wrong labels found? Some are planted, and it is counted how many of them are listed.

    python -m benchmarks.suspects [--quick] [--data FOLDER] [--seeds N] [--share 0.05]

The labels of a share of the rows, drawn with a seed, become another label of the set by chance. Then what
`python -m core suspects` does is done, with both simple models and with each alone; and confident learning on
the answers of both. The labels that the
sets come with count as right, though some of them are not: what is found of those counts as a false alarm.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import data
from benchmarks.common import ask, machine, say, start

SETS = ("posts", "movies", "topics_en", "home_intents", "spam_email", "sms", "news", "packages")
QUICK = 3
ROWS, SEEDS, SHARE = 1_000, 2, 0.05
FIRST_SEED = 101  # the constants were chosen with others
WAYS = ("both", "tfidf", "embedding", "confident learning")
SCORES = ("precision", "recall", "top")


def plant(labels: Sequence[str], share: float, seed: int) -> tuple[list[str], np.ndarray]:
    """The labels with a share of them turned into others, and the places of those, in ascending order."""
    random = np.random.default_rng(seed)
    names = sorted(set(labels))
    wrong = np.sort(random.choice(len(labels), round(share * len(labels)), replace=False))
    planted = list(labels)
    for row in wrong:
        others = [name for name in names if name != labels[row]]
        planted[row] = others[random.integers(len(others))]
    return planted, wrong


def scores(
    listed: Sequence[int], flagged: int, order: Sequence[int], planted: Sequence[int]
) -> dict[str, float]:
    """Precision and recall of the first `flagged` rows of the list; and of all rows in the `order` of doubt
    the share of planted ones among the first, looking at as many as were planted ("top")."""
    wrong = set(planted)
    hits = len(wrong & set(listed[:flagged]))
    return {
        "precision": hits / max(1, flagged),
        "recall": hits / len(wrong),
        "top": len(wrong & set(order[: len(wrong)])) / len(wrong),
    }


def work(table: str, seed: int, share: float) -> dict[str, Any]:
    """In a child: scores of each way, the share of right suggestions, and the seconds that both took."""
    from core.data.split import folds
    from core.evaluation.suspects import FOLDS
    from core.models.embed import embed
    from core.models.load import load
    from core.models.locate import bundled_folder
    from core.models.tokenizer import load_tokenizer
    from core.simple_models.out_of_fold import LabelledRows, out_of_fold
    from core.tasks import task_of
    from core.tasks.base import head
    from core.training.machine import this_machine
    from core.workflow.diagnostics import LENGTH

    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    right = frame["label"].tolist()
    given, wrong = plant(right, share, seed)
    task = task_of(given)
    started = time.monotonic()
    tokenizer = load_tokenizer(bundled_folder())
    model = load(bundled_folder(), head(task.names), this_machine().attention)
    texts = [(text, None) for text in frame["text"]]
    bf16 = this_machine().precision == "bf16"
    vectors = embed(model, tokenizer, texts, LENGTH, bf16=bf16)
    truth = task.encode(given)
    whole = LabelledRows(frame["text"].tolist(), vectors, task, truth)
    parts = folds(whole.texts, given, FOLDS, seed)
    answers = out_of_fold(whole, parts, seed, lambda share: None)
    seconds = time.monotonic() - started
    words = out_of_fold(
        LabelledRows(whole.texts, None, task, truth), parts, seed, lambda share: None
    )
    figures: dict[str, Any] = {"seconds": seconds, "rows": len(right), "planted": len(wrong)}
    said = {"both": answers, "tfidf": words, "embedding": 2 * answers - words}
    ways = {name: task.doubts(shares, truth) for name, shares in said.items()}
    ways["confident learning"] = confident_learning(answers, truth)
    for name, doubts in ways.items():
        order = np.argsort(-doubts.wrong, kind="stable")
        listed = np.concatenate([order[doubts.doubtful[order]], order[~doubts.doubtful[order]]])
        flagged = int(doubts.doubtful.sum())
        hits = wrong[doubts.doubtful[wrong]]
        mended = task.spoken(doubts.suggested[hits])
        right_again = [mended[k] == right[row] for k, row in enumerate(hits)]
        figures[name] = {
            **scores(listed.tolist(), flagged, order.tolist(), wrong.tolist()),
            "listed": flagged,
            "mended": float(np.mean(right_again)) if right_again else 0.0,
        }
    return figures


def confident_learning(probabilities: np.ndarray, truth: np.ndarray) -> Any:
    """Northcutt, Jiang and Chuang 2021: a row counts as one of a class where that class's probability
    reaches the mean that the rows with this label give it; a label is wrong where another class is the
    likeliest of those and of all. Ranked by self-confidence, as cleanlab does by default it is by the
    normalised margin or by this.
    """
    from core.tasks.label_noise import Doubts

    rows = np.arange(len(truth))
    own = probabilities[rows, truth]
    size = probabilities.shape[1]
    known = np.bincount(truth, minlength=size)
    mean = np.bincount(truth, weights=own, minlength=size) / np.maximum(known, 1)
    others = probabilities.copy()
    others[rows, truth] = -1.0
    confident = np.where(others >= np.where(known > 0, mean, np.inf), others, -1.0)
    doubtful = (confident.max(axis=1) >= 0) & (others.max(axis=1) > own)
    suggested = np.where(doubtful, confident.argmax(axis=1), others.argmax(axis=1))
    return Doubts(doubtful, known[truth] > 0, suggested, 1 - own, others[rows, suggested])


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suspects", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} sets, one seed")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"[{SEEDS}]")
    parser.add_argument("--share", type=float, default=SHARE, help=f"that is planted [{SHARE}]")
    options = parser.parse_args(arguments)
    names, seeds = (SETS[:QUICK], 1) if options.quick else (SETS, options.seeds)
    frames = data.available(names, data.folder_of(options.data))
    print(f"{machine()}\n", flush=True)
    print(
        "| data | rows | labels | planted | way | listed | precision | recall | first k | mended | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    results = [_measure(name, frame, seeds, options.share) for name, frame in frames.items()]
    last = {
        f"{score}_{way.replace(' ', '_')}": round(
            statistics.mean(e[way][score] for e in results), 3
        )
        for way in WAYS
        for score in SCORES
    }
    print(f"\n{json.dumps(last)}", flush=True)


def _measure(name: str, frame: pd.DataFrame, seeds: int, share: float) -> dict[str, Any]:
    """The means over the seeds, and the lines of the table."""
    results: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.csv")
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            say(f"{name}, seed {seed}")
            divided = data.divide(frame, None, seed)
            some = divided.sample(min(len(divided), ROWS), random_state=seed)
            some = some[some.groupby("label")["label"].transform("size") >= 5]
            table.write_bytes(data.to_csv(some))
            results.append(
                ask("benchmarks.suspects", {"table": str(table), "seed": seed, "share": share})
            )

    names = (*SCORES, "listed", "mended")
    means = {
        way: {name: statistics.mean(result[way][name] for result in results) for name in names}
        for way in WAYS
    }
    seconds = statistics.mean(result["seconds"] for result in results)
    for way, mean in means.items():
        print(
            f"| {name} | {results[0]['rows']} | {frame['label'].nunique()} | {results[0]['planted']} "
            f"| {way} | {mean['listed']:.0f} | {mean['precision']:.2f} | {mean['recall']:.2f} "
            f"| {mean['top']:.2f} | {mean['mended']:.2f} | {f'{seconds:.0f}' if way == 'both' else ''} |",
            flush=True,
        )
    return means


if __name__ == "__main__":
    start(main, work)

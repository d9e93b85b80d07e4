"""Intervals: how far scores can be trusted.

Of a share of rows (accuracy, precision, recall) Wilson's (1927), which is honest for few rows as well. Of any
other score a percentile bootstrap over the test rows (Efron and Tibshirani 1993, "An Introduction to the
Bootstrap", chapter 13). To scores of answers, rows with the same truth and the same answer are alike: how
often each kind of row is drawn is multinomial, which is the bootstrap over rows itself and costs the same for
any number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.runs.result import SCORES, Change, Interval, Lead, PerClass, Scores
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers, divide, mean_of_known

DRAWS = 1_000
ENDS = (0.025, 0.975)
AT_ONCE = 4_000_000  # numbers that are held at a time
# Draws times rows times classes for ROC-AUC, which needs every row: some seconds. Very large test sets, of
# which little is left to chance, get fewer draws, but not less than FEWEST_DRAWS.
WORK, FEWEST_DRAWS = 100_000_000, 100


def measure(task: Task, probabilities: Floats, truth: Numbers, threshold: float | None) -> Scores:
    """Scores with their intervals. Raises ValueError as `Task.score` does."""
    scores = task.score(probabilities, truth, threshold)
    given, rows = task.given(probabilities, threshold), len(truth)
    kinds, counts = _kinds(task, truth, given)
    drawn = _scores(task, kinds[0], kinds[1], _draws(counts), rows)
    whole = _scores(task, kinds[0], kinds[1], iter([counts[None].astype(np.float32)]), rows)
    aucs, auc_draws = _roc_auc(task.has(truth), probabilities)
    drawn["roc_auc"] = mean_of_known(auc_draws)
    values = {
        "accuracy": scores["accuracy"],
        "balanced_accuracy": _number(float(whole["balanced_accuracy"][0])),
        "macro_f1": scores["macro_f1"],
        "roc_auc": _number(float(mean_of_known(aucs))),
    }
    per_class = []
    for k, of_class in enumerate(scores["per_class"]):
        answered, true = int(whole["answered"][0, k]), int(whole["true"][0, k])
        intervals = {
            name: wilson(of_class[name], support) if support else None
            for name, support in (("precision", answered), ("recall", true))
        }
        # Of draws that are all alike, a share of as many rows as the two have on average stands in.
        intervals["f1"] = _ends(drawn["f1"][:, k], of_class["f1"], (answered + true + 1) // 2)
        per_class.append(PerClass(**of_class, intervals=intervals))
    confusion = scores.get("confusion")  # a task with several labels for a row has none
    return Scores(
        rows=rows,
        **values,
        micro_f1=scores.get("micro_f1"),  # and a task with one has none of this
        loss=scores["loss"],
        confidence=scores["confidence"],
        per_class=tuple(per_class),
        confusion=None if confusion is None else tuple(map(tuple, confusion)),
        roc_auc_left_out=tuple(
            name for name, auc in zip(task.names, aucs, strict=True) if np.isnan(auc)
        ),
        intervals={name: _ends(drawn[name], values[name], rows) for name in SCORES}
        | {"accuracy": wilson(values["accuracy"], rows)},
    )


def paired(task: Task, truth: Numbers, one: Numbers, two: Numbers) -> Lead:
    """The lead of `one` over `two`: answers to the same rows, encoded like the truth.

    Paired bootstrap (Berg-Kirkpatrick, Burkett and Klein 2012): both lose or gain the same rows in every
    draw.
    """
    kinds, counts = _kinds(task, truth, one, two)
    whole = counts[None].astype(np.float32)

    def ahead(draws: Callable[[], Iterator[Floats]]) -> dict[str, Floats]:
        # The same seed: the same draws for both, without keeping them.
        ours, theirs = (
            _scores(task, kinds[0], given, draws(), len(truth)) for given in (kinds[1], kinds[2])
        )
        return {name: ours[name] - theirs[name] for name in ("accuracy", "macro_f1")}

    drawn = ahead(lambda: _draws(counts))
    return Lead(
        **{
            name: Change(float(value[0]), *map(float, np.quantile(drawn[name], ENDS)))
            for name, value in ahead(lambda: iter([whole])).items()
        }
    )


def of_share(right: Any) -> tuple[float, Interval]:
    """The share of true values in `right` [rows], and its interval."""
    share = float(np.mean(right))
    return share, wilson(share, len(right))


def wilson(share: float, rows: float) -> Interval:
    """95 % interval of a share (0 to 1) that was measured on `rows` rows (Wilson 1927)."""
    z2 = 1.96**2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = math.sqrt(share * (1 - share) * z2 / rows + z2**2 / (4 * rows**2)) / (1 + z2 / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def _ends(draws: Floats, value: float | None, rows: int) -> Interval | None:
    """The interval in which 95 % of the draws lie.

    Where all draws are alike, because every row is right or every one is wrong, drawing again tells nothing,
    and the interval of a share on as many rows stands in: three of three right is not certainty.
    """
    known = draws[~np.isnan(draws)]
    if value is None or math.isnan(value) or not len(known):
        return None
    low, high = (float(end) for end in np.quantile(known, ENDS))
    if high - low < 1e-9:
        ends = wilson(min(1.0, max(0.0, value)), max(1, rows))
        low, high = min(low, ends[0]), max(high, ends[1])
    return low, high


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _kinds(task: Task, *answers: Numbers) -> tuple[list[Any], Numbers]:
    """Distinct rows of truth and answers: for each of them the classes [kinds, classes],
    and how many rows [kinds] are of each kind."""
    small = [np.asarray(encoded, np.int16).reshape(len(encoded), -1) for encoded in answers]
    kinds, counts = np.unique(np.concatenate(small, axis=1), axis=0, return_counts=True)
    return [task.has(part) for part in np.split(kinds, len(answers), axis=1)], counts


def _draws(counts: Numbers, seed: int = 0) -> Iterator[Floats]:
    """Bootstrap draws, how often each kind is drawn [some draws, kinds], until there are DRAWS."""
    random, rows = np.random.default_rng(seed), int(counts.sum())
    at_once = max(1, AT_ONCE // len(counts))
    for start in range(0, DRAWS, at_once):
        size = min(at_once, DRAWS - start)
        yield random.multinomial(rows, counts / rows, size=size).astype(np.float32)


def _scores(
    task: Task, truth: Any, given: Any, draws: Iterator[Floats], rows: int
) -> dict[str, Floats]:
    """Scores of each draw: "accuracy", "balanced_accuracy", "macro_f1" [draws]; "precision", "recall", "f1",
    and the counts "answered" and "true" [draws, classes]. NaN for 0 / 0."""
    right = (truth == given).all(axis=1)
    counted = [flags.astype(np.float32) for flags in (truth & given, given, truth, right)]
    sums = [[draw @ flags for flags in counted] for draw in draws]
    hits, answered, true, exact = (np.concatenate(parts) for parts in zip(*sums, strict=True))
    f1 = divide(2 * hits, answered + true)
    return {
        "accuracy": exact.astype(np.float64) / rows,
        "balanced_accuracy": task.balanced_accuracy(hits, answered, true, rows),
        "macro_f1": np.nan_to_num(mean_of_known(f1)),
        "precision": divide(hits, answered),
        "recall": divide(hits, true),
        "f1": f1,
        "answered": answered,
        "true": true,
    }


def _roc_auc(has: Any, probabilities: Floats) -> tuple[Floats, Floats]:
    """The area under the ROC curve of each class against the rest: [classes], and [draws, classes]; NaN where
    a class has no rows, or all."""
    rows, classes = probabilities.shape
    orders = [_order(has[:, k], probabilities[:, k]) for k in range(classes)]
    random, areas = np.random.default_rng(0), []
    draws = int(max(FEWEST_DRAWS, min(DRAWS, WORK // (rows * classes))))
    at_once = max(1, AT_ONCE // rows)
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        picked = random.integers(0, rows, (size, rows)) + rows * np.arange(size)[:, None]
        times = np.bincount(picked.ravel(), minlength=size * rows).reshape(size, rows)
        areas.append(_areas(orders, times.astype(np.float32)))
    return _areas(orders, np.ones((1, rows), np.float32))[0], np.concatenate(areas)


def _order(has: Any, probabilities: Floats) -> Mapping[str, Any]:
    """Rows by what they were given, the lowest first, and between which places those that tie with a row of
    the class stand."""
    order = np.argsort(probabilities, kind="stable")
    ranked, there = probabilities[order], has[order]
    return {
        "class": order[there],
        "rest": order[~there],
        # Of the rest, how many are below a row of the class, and how many are not above.
        "below": np.searchsorted(ranked[~there], ranked[there], "left"),
        "not_above": np.searchsorted(ranked[~there], ranked[there], "right"),
    }


def _areas(orders: Sequence[Mapping[str, Any]], times: Floats) -> Floats:
    """Areas under the curves [draws, classes], from how often each row was drawn: [draws, rows]. A tie counts
    as a half."""
    areas = np.full((len(times), len(orders)), np.nan)
    for k, order in enumerate(orders):
        rest, ours = times[:, order["rest"]], times[:, order["class"]]
        if not rest.shape[1] or not ours.shape[1]:
            continue
        upto = np.zeros((len(times), rest.shape[1] + 1), np.float32)
        np.cumsum(rest, axis=1, out=upto[:, 1:])
        won = (upto[:, order["below"]] + upto[:, order["not_above"]]) / 2
        pairs = ours.sum(axis=1, dtype=np.float64) * rest.sum(axis=1, dtype=np.float64)
        areas[:, k] = divide((ours * won).sum(axis=1, dtype=np.float64), pairs)
    return areas

"""Learning curve: scores of a simple model that learns from ever more of the rows, and what they promise."""

from __future__ import annotations

import numpy as np

from core.data.split import folds
from core.runs.answers import LearningCurve, Point
from core.simple_models.out_of_fold import LabelledRows, Progress
from core.tasks import strata
from core.tasks.metrics import Floats, Numbers
from core.words import Message, message

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the rows that there are to learn from
FOLDS, REPEATS = 5, 2
STUDENT = 2.262  # 97.5 % of Student's t with FOLDS x REPEATS - 1 degrees of freedom
FEWEST = 2  # rows a class at the smallest size, on average
RESAMPLES = 300
GOOD_FIT = 0.95  # of the variance between the sizes, which the power law has to explain
EXPONENTS = np.linspace(0.05, 2.0, 40)


def learning_curve(known: LabelledRows, seed: int, tell: Progress) -> LearningCurve | None:
    """The learning curve; None where the rows are too few to leave any out.

    In each of FOLDS x REPEATS draws a fifth of the rows is set aside and scored; the model learns from an
    eighth, a quarter, half and all of the others, each a part of the next. It is the frozen encoder with a
    logistic regression, or word counts where there are no vectors.
    """
    cells = strata(known.task.spoken(known.truth), known.task.separator)
    classes = len(known.task.names)
    learnable = len(known.texts) * (FOLDS - 1) // FOLDS
    shares = [share for share in SHARES if share * learnable >= FEWEST * classes]
    if len(shares) < 2:
        return None
    draws: list[list[tuple[float, float]]] = []
    sizes = np.zeros(len(shares))
    total = FOLDS * REPEATS
    for repeat in range(REPEATS):
        parts = folds(known.texts, cells, FOLDS, seed, repeat)
        for number in range(FOLDS):
            ask = np.flatnonzero(parts == number)
            order = _spread_out(np.flatnonzero(parts != number), cells, [seed, repeat, number])
            scores = []
            for k, share in enumerate(shares):
                tell((len(draws) + k / len(shares)) / total)
                learn = np.sort(order[: round(share * len(order))])
                sizes[k] += len(learn) / total
                scores.append(_score(known, learn, ask, seed))
            draws.append(scores)
    tell(1.0)
    return curve(sizes, np.array(draws), "tfidf" if known.vectors is None else "embedding", seed)


def curve(sizes: Floats, draws: Floats, model: str, seed: int) -> LearningCurve:
    """The learning curve of `draws` [draws, sizes, 2]: accuracy and macro-F1 at each of the `sizes`."""
    mean, spread = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    points = tuple(
        Point(round(float(size)), *(float(v) for pair in zip(m, s, strict=True) for v in pair))
        for size, m, s in zip(sizes, mean, spread, strict=True)
    )
    random = np.random.default_rng(seed)
    again = [random.integers(len(draws), size=len(draws)) for _ in range(RESAMPLES)]
    f1 = draws[:, :, 1]
    gain = _gain(f1[:, -1] - f1[:, -2])
    promise = _promise(sizes, f1, again) if gain[1] > 0 else None
    return LearningCurve(points, len(draws), model, gain, promise)


def _gain(gains: Floats) -> tuple[float, float, float]:
    """The mean gain and its 95 % interval. The draws share most of their rows, so they say less than as many
    independent ones would: the variance is that of Nadeau and Bengio 2003, *Inference for the Generalization
    Error*."""
    value, size = float(gains.mean()), len(gains)
    error = float(gains.std(ddof=1)) * (1 / size + 1 / (FOLDS - 1)) ** 0.5
    half = STUDENT * error
    return value, value - half, value + half


def said(measured: LearningCurve) -> Message:
    """One plain sentence on what more rows would bring."""
    before, after = measured.points[-2].rows, measured.points[-1].rows
    points = 100 * measured.gain[0]
    if not measured.clear:
        return message("curve.said.none", before=before, after=after, points=points)
    gained = message("curve.said.gain", before=before, after=after, points=points)
    if measured.promise is None:
        return message("curve.said.both", first=gained, second=message("curve.said.open"))
    low, high = (round(100 * bound, 1) for bound in measured.promise)
    key = "curve.said.about" if low == high else "curve.said.range"
    return message("curve.said.both", first=gained, second=message(key, low=low, high=high))


def _score(known: LabelledRows, learn: Numbers, ask: Numbers, seed: int) -> tuple[float, float]:
    """Accuracy and macro-F1."""
    if known.vectors is None:
        [answers] = known.learned(learn, ask, seed, lambda _share: None)
    else:
        answers = known.by_vectors(learn, ask)
    scored = known.task.score(answers, known.truth[ask], None)
    return scored["accuracy"], scored["macro_f1"]


def _spread_out(rows: Numbers, cells: list[str], seed: list[int]) -> Numbers:
    """The rows in an order of which every beginning has all classes in about the shares that they have."""
    random = np.random.default_rng(seed)
    labels = np.array(cells, dtype=object)[rows]
    place = np.zeros(len(rows))
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        place[random.permutation(mine)] = (np.arange(len(mine)) + random.random()) / len(mine)
    return rows[np.argsort(place, kind="stable")]


def _promise(sizes: Floats, f1: Floats, again: list[np.ndarray]) -> tuple[float, float] | None:
    """The gain of the next doubling, by a power law through the mean errors; None where it does not fit them.

    The error falls as a * rows ** -b + c with a, c >= 0 (Hestness et al. 2017, *Deep Learning Scaling is
    Predictable, Empirically*). Its range comes from fitting it again to draws of the draws, with and
    without the smallest size.
    """
    if len(sizes) < 4:
        return None
    error = 1 - f1.mean(axis=0)
    _, left = _fit(sizes, error)
    if left > (1 - GOOD_FIT) * float(((error - error.mean()) ** 2).sum()):
        return None
    further = [
        _fit(sizes[first:], 1 - f1[where][:, first:].mean(axis=0))[0]
        for where in again
        for first in (0, 1)
    ]
    low, high = np.quantile(further, (0.1, 0.9))
    return float(low), float(high)


def _fit(sizes: Floats, error: Floats) -> tuple[float, float]:
    """The gain of the next doubling by the best power law, and its squared errors."""
    from scipy.optimize import nnls

    best = (0.0, np.inf)
    for b in EXPONENTS:
        falls = (sizes / sizes[-1]) ** -b
        (a, _), left = nnls(np.column_stack([falls, np.ones_like(falls)]), error)
        if left**2 < best[1]:
            best = (float(a * (1 - 2.0**-b)), left**2)
    return best

"""Label noise: which labels are probably wrong, by probabilities from models that have not learned them.

A label is taken to be wrong with some probability, the same for every row, and then to be any other one; and
the models' probabilities to be right once they are made sharper or flatter (a temperature: Guo et al. 2017,
*On Calibration of Modern Neural Networks*). Both numbers are those under which the given labels are
likeliest; the probability that a row's label is wrong follows from them by Bayes' rule (the noise is that
of Angluin and Laird 1988, *Learning from Noisy Examples*). Confident learning (Northcutt, Jiang and Chuang
2021) asks the same of the same probabilities and has no temperature: it lists many more rows where the
models are merely unsure; benchmarks.suspects has both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.sampling import evenly_spaced
from core.tasks.metrics import Floats, Numbers

DOUBTFUL_FROM = 0.25  # the probability of being wrong from which on a label is doubtful
TEMPERATURES = np.geomspace(0.2, 2.0, 37)
# Shares of wrong labels. Where the models are never sure, nothing tells few from none; well-known test sets
# have 3 % of them (Northcutt, Athalye and Mueller 2021), so there are never taken to be fewer than 2 %.
NOISE_RATES = (0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
MAX_ROWS = 5_000  # rows that the two numbers are estimated from
MIN_PROBABILITY = 1e-6  # of a probability: models may say 0
MIN_CLASS_ROWS = 5  # rows of a class, below which hardly a model has learned what it is
MIN_RECALL = 0.3  # of the rows of a class, which the models have to give it to


@dataclass(frozen=True)
class Doubts:
    """What speaks against the label of each row; all [rows].

    `doubtful` says which labels look wrong, `judged` which could be looked at. `wrong` is the probability
    that the label is wrong, `confidence` that of what is `suggested` in its place, which is encoded as
    labels are.
    """

    doubtful: np.ndarray
    judged: np.ndarray
    suggested: Numbers
    wrong: Floats
    confidence: Floats


def doubts(probabilities: Floats, truth: Numbers) -> Doubts:
    """Of rows with one class each: `probabilities` [rows, classes], `truth` [rows] class numbers.

    Not judged are the rows of a class with fewer than MIN_CLASS_ROWS rows, or one that the models do not
    recognise: they would all look wrong.
    """
    rows, classes = np.arange(len(truth)), probabilities.shape[1]
    known = np.bincount(truth, minlength=classes)
    hits = np.bincount(truth[probabilities.argmax(axis=1) == truth], minlength=classes)
    able = (known >= MIN_CLASS_ROWS) & (hits >= MIN_RECALL * known)
    judged = np.asarray(able[truth])
    temperature, rate = noise(probabilities[judged], truth[judged])
    sharp = sharpened(probabilities, temperature)
    own = sharp[rows, truth]
    missed = rate * (1 - own) / max(1, classes - 1)
    wrong = np.where(judged, missed / (missed + (1 - rate) * own), 0.0)
    sharp[rows, truth] = -1.0
    suggested = np.where(able, sharp, -1.0).argmax(axis=1)
    confidence = sharp[rows, suggested]
    doubtful = np.asarray((wrong >= DOUBTFUL_FROM) & (confidence > own))
    return Doubts(doubtful, judged, suggested, wrong, confidence.clip(min=0))


def multi_label_doubts(probabilities: Floats, truth: Numbers) -> Doubts:
    """Of rows with any number of the classes: `probabilities` and `truth` (0 or 1) are [rows, classes].

    Every class is a question of its own, yes or no. A row looks wrong where the answer to one of them does,
    and as much as the worst of these; suggested are its labels with those answers turned round.
    """
    each = [
        doubts(np.stack([1 - yes, yes], axis=1), given)
        for yes, given in zip(probabilities.T, truth.T, strict=True)
    ]
    doubtful, wrong, confidence, judged = (
        np.stack([getattr(one, name) for one in each], axis=1)
        for name in ("doubtful", "wrong", "confidence", "judged")
    )
    any_doubt = np.asarray(doubtful.any(axis=1))
    worst = np.where(any_doubt[:, None] & ~doubtful, -1.0, wrong).argmax(axis=1)
    at = np.arange(len(truth)), worst
    turned = doubtful.copy()
    turned[at] = True
    suggested = np.where(turned, 1 - truth, truth)
    any_judged = np.asarray(judged.any(axis=1))
    return Doubts(any_doubt, any_judged, suggested, wrong[at], confidence[at])


def noise(probabilities: Floats, truth: Numbers) -> tuple[float, float]:
    """The temperature and the share of wrong labels under which the labels `truth` are likeliest."""
    some = evenly_spaced(len(truth), MAX_ROWS)
    probabilities, truth = probabilities[some], truth[some]
    others = max(1, probabilities.shape[1] - 1)
    best = (-np.inf, 1.0, NOISE_RATES[0])
    for temperature in TEMPERATURES:
        own = sharpened(probabilities, temperature)[np.arange(len(truth)), truth]
        for rate in NOISE_RATES:
            likelihood = float(np.log((1 - rate) * own + rate * (1 - own) / others).sum())
            best = max(best, (likelihood, float(temperature), rate))
    return best[1], best[2]


def sharpened(probabilities: Floats, temperature: float) -> Floats:
    """[rows, classes]; below 1 the likely become likelier."""
    logits = np.log(probabilities.astype(np.float64).clip(min=MIN_PROBABILITY)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))

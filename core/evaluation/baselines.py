"""What a model has to beat: the commonest class, and word counts with logistic regression."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.evaluation.metrics import Floats, Numbers, score

MAX_CHARACTERS = 2_000  # of one text that are looked at: more than the model reads by default
CHARACTER_BUDGET = 6_000_000  # of all training texts together: bounds the time to some 20 s
MAX_TRAIN_ROWS = 30_000
MAX_FEATURES = 50_000  # of words, and again of characters
MAX_WEIGHTS = 2_500_000  # features times classes, for tasks with very many classes
INVERSE_REGULARISATION = 10.0


def majority(train_labels: Numbers, test_labels: Numbers, labels: Sequence[str]) -> dict[str, Any]:
    """`score` of always answering the commonest class of the training rows.

    Its probabilities are the shares of the classes in training (DummyClassifier's "prior"), so that
    its loss is the one of knowing nothing but how common each class is.
    """
    return score(_shares(train_labels, len(test_labels), len(labels)), test_labels, labels)


def tfidf(
    train_texts: Sequence[str],
    train_labels: Numbers,
    test_texts: Sequence[str],
    test_labels: Numbers,
    labels: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """`score` of TF-IDF and logistic regression, with its "seconds" and "train_rows".

    Features are words and pairs of words, and 1 to 4 characters in a row: Chinese and other scripts
    that write no spaces have no words to count, and in other languages characters see endings,
    emoticons and misspellings. Counts are damped (1 + log). Labels are class numbers, [rows].

    At most MAX_TRAIN_ROWS rows and CHARACTER_BUDGET characters, drawn with `seed`, are learned from: it
    is there to compare with and must not keep anybody waiting. "train_rows" says how many it were.
    The same input and seed give the same numbers.
    """
    started = time.monotonic()
    learn = np.arange(len(train_texts))
    characters = sum(min(len(text), MAX_CHARACTERS) for text in train_texts)
    most = min(MAX_TRAIN_ROWS, len(learn) * CHARACTER_BUDGET // max(1, characters))
    if len(learn) > most:
        learn = np.sort(np.random.default_rng(seed).choice(learn, most, replace=False))
    known = train_labels[learn]
    texts = [train_texts[int(i)] for i in learn]
    if len(np.unique(known)) < 2:
        probabilities = _shares(known, len(test_texts), len(labels))
    else:
        probabilities = _fit(
            [text[:MAX_CHARACTERS] for text in texts],
            known,
            [text[:MAX_CHARACTERS] for text in test_texts],
            len(labels),
        )
    return {
        **score(probabilities, test_labels, labels),
        "seconds": time.monotonic() - started,
        "train_rows": len(learn),
    }


def _fit(train: list[str], known: Numbers, test: list[str], classes: int) -> Floats:
    """Probabilities of the test texts, [rows, classes]."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    common = {
        "sublinear_tf": True,
        "max_features": min(MAX_FEATURES, max(1_000, MAX_WEIGHTS // classes)),
        "dtype": np.float32,
    }
    features = make_union(
        # Words of one letter count too; the default pattern drops them.
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **common),  # noqa: S106
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), **common),
    )
    # Texts of emoji or punctuation only have no words: a letter keeps the vocabulary from being
    # empty.
    worded = [text if re.search(r"\w", text) else f"{text} a" for text in train]
    counted = features.fit_transform(worded).tocsr()
    # Ten times the default tolerance: the answers are the same and long texts take half the time.
    # At 1e-2 it would not even start: gradients of many small features are below that from the
    # beginning.
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(counted, known)
    probabilities = np.zeros((len(test), classes))
    # Classes without a training row keep a probability of 0.
    probabilities[:, model.classes_] = model.predict_proba(features.transform(test).tocsr())
    return probabilities


def _shares(known: Numbers, rows: int, classes: int) -> Floats:
    """The share of each class among `known`, once for every row: [rows, classes]."""
    counts = np.bincount(known, minlength=classes)
    return np.tile(counts / max(1, counts.sum()), (rows, 1))

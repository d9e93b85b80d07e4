"""Linear attribution: what each word adds to an answer of word counts, exactly: their score is a sum over
words.

The score of a label is an intercept plus, for each feature (a word, a pair of words, some characters in a
row), its weight times its TF-IDF value. A feature's part goes in equal shares to the places where it occurs,
and at each place to the words that it covers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.modalities.segmentation import Unit
from core.modalities.text import Text, joined_text
from core.simple_models.fit import cut
from core.tasks.metrics import Floats


def contributions(pipeline: Any, text: Text, units: Sequence[Unit], label: str) -> Floats | None:
    """[units], in nats; None where the pipeline counts no words, or answers the same to everything.

    With two labels, and with several labels in a cell, the log-odds of the label are the sum of these and
    the intercept. With more labels it is the label's score minus those of the others, each weighted by how
    likely it is among them: the direction in which the label's log-odds change.
    """
    union = pipeline.named_steps.get("featureunion")
    direction = _direction(pipeline, text, label)
    if union is None or direction is None:
        return None
    whole = cut(joined_text(text))
    values = np.asarray(union.transform([whole]).toarray())[0] * direction
    covers = _covers(whole, text, units)
    weights, start = np.zeros(len(units)), 0
    for _, counter in union.transformer_list:
        columns = {str(word): k for k, word in enumerate(counter.get_feature_names_out())}
        places: dict[int, list[list[int]]] = defaultdict(list)
        for feature, begin, end in _occurrences(counter, whole):
            if feature in columns:
                places[start + columns[feature]].append(
                    sorted({covers[i] for i in range(begin, end) if covers[i] >= 0})
                )
        for column, occurrences in places.items():
            for covered in occurrences:
                for unit in covered:
                    weights[unit] += values[column] / len(occurrences) / len(covered)
        start += len(columns)
    return weights


def _direction(pipeline: Any, text: Text, label: str) -> Floats | None:
    """[features]: what is multiplied with the features' values and summed."""
    model = pipeline[-1]
    names = [str(name) for name in getattr(model, "classes_", ())]
    if label not in names:
        return None
    k = names.index(label)
    estimators = getattr(model, "estimators_", None)
    if estimators is not None:  # a yes or no for each label
        return np.asarray(estimators[k].coef_[0]) if hasattr(estimators[k], "coef_") else None
    if not hasattr(model, "coef_"):
        return None
    if len(names) == 2:
        return np.asarray(model.coef_[0] * (1 if k else -1))
    shares = np.array(pipeline.predict_proba([cut(joined_text(text))])[0])
    shares[k] = 0
    return np.asarray(model.coef_[k] - shares / max(shares.sum(), 1e-12) @ model.coef_)


def _covers(whole: str, text: Text, units: Sequence[Unit]) -> list[int]:
    """Which unit each character of the flat text belongs to; -1 for none."""
    covers = [-1] * len(whole)
    shift = (0, len(text[0]) + 1)  # a line end is between the two
    for k, unit in enumerate(units):
        for i in range(unit.start + shift[unit.cell], unit.end + shift[unit.cell]):
            if i < len(whole):
                covers[i] = k
    return covers


def _occurrences(counter: Any, whole: str) -> Iterator[tuple[str, int, int]]:
    """Each feature of a text where it occurs, as scikit-learn's TfidfVectorizer reads it: `start` to `end`.

    Lower case may be longer than upper case ("İ"), so characters are lowered one by one.
    """
    lowered, origin = "", []
    for i, character in enumerate(whole):
        low = character.lower()
        lowered += low
        origin += [i] * len(low)
    origin.append(len(whole))
    low, high = counter.ngram_range
    if counter.analyzer == "word":
        spans = [match.span() for match in re.finditer(counter.token_pattern, lowered)]
        for size in range(low, high + 1):
            for first in range(len(spans) - size + 1):
                some = spans[first : first + size]
                feature = " ".join(lowered[begin:end] for begin, end in some)
                yield feature, origin[some[0][0]], origin[some[-1][1] - 1] + 1
        return
    # "char_wb": inside words, with a space on both sides.
    for match in re.finditer(r"\S+", lowered):
        begin, word = match.start(), f" {match[0]} "
        for size in range(low, high + 1):
            for offset in range(max(1, len(word) - size + 1)):
                first = min(max(0, offset - 1), len(match[0]) - 1)
                last = max(first, min(len(match[0]), offset - 1 + size) - 1)
                feature = word[offset : offset + size]
                yield feature, origin[begin + first], origin[begin + last] + 1
            if size >= len(word):
                break

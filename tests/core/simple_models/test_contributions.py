"""What words add to the answers of word counts: exactly what the score is made of."""

from __future__ import annotations

import numpy as np
import pytest

from core.inference.explain_text import units_of
from core.modalities.text import Text, joined_text
from core.simple_models.contributions import contributions
from core.simple_models.fit import MAX_CHARACTERS, cut, embedding, tfidf
from core.tasks import task_of

TEXTS = [
    *(f"a good film, really good {n}" for n in range(12)),
    *(f"an AWFUL film {n} and I. hated it" for n in range(12)),
    *(f"这部电影很好看 {n}" for n in range(12)),
    *(f"İstanbul is nice\nto see {n}" for n in range(12)),
]
ASKED: list[Text] = [
    ("a good film, and a good end. İi", None),
    ("电影不好看", None),
    ("A title of AWFUL", "and a nice body  with spaces"),
    ("I", None),
    ("x " * MAX_CHARACTERS, None),
    ("", None),
]


@pytest.mark.parametrize("text", ASKED)
@pytest.mark.parametrize("kind", ["two labels", "four labels", "several in a cell"])
def test_the_parts_add_up_to_the_score(text: Text, kind: str) -> None:
    names = {
        "two labels": "aabb",
        "four labels": "abcd",
        "several in a cell": ["a", "b", "a;c", ""],
    }
    cells = [names[kind][n // 12] or "d" for n in range(48)]
    task = task_of(cells, ";" if kind == "several in a cell" else "")
    model = tfidf(TEXTS, task.encode(cells), task, 0).pipeline
    scores = np.atleast_1d(np.squeeze(model.decision_function([cut(joined_text(text))])))
    last = model[-1]
    intercepts = (
        np.array([each.intercept_[0] for each in last.estimators_])
        if task.separator
        else last.intercept_
    )
    shares = model.predict_proba([cut(joined_text(text))])[0]
    for k, label in enumerate(model.classes_):
        if len(scores) == 1:
            expected = (scores[0] - intercepts[0]) * (1 if k else -1)
        elif task.separator:
            expected = scores[k] - intercepts[k]
        else:
            others = np.where(np.arange(4) == k, 0, shares)
            gap = scores - intercepts
            expected = gap[k] - others @ gap / others.sum()
        units = units_of(text)
        found = contributions(model, text, units, str(label))
        assert found is not None
        assert found.shape == (len(units),)
        assert found.sum() == pytest.approx(expected if len(units) else 0.0, abs=1e-4)


def test_what_is_no_sum_over_words_has_no_parts() -> None:
    task = task_of(["a", "b"])
    vectors = embedding(np.eye(2), np.array([0, 1]), task).pipeline
    assert contributions(vectors, ("x", None), units_of(("x", None)), "a") is None
    counts = tfidf(TEXTS, np.array([0, 1] * 24), task, 0).pipeline
    assert contributions(counts, ("x", None), units_of(("x", None)), "no label") is None

"""Planted mistakes are found, and no row is judged by a model that has learned it."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from core.data.read.table import read
from core.data.split import folds
from core.evaluation.suspects import suspects, to_csv
from core.runs import answers
from core.simple_models.out_of_fold import LabelledRows, out_of_fold
from core.tasks import task_of
from tests.conftest import sentiment_csv


def known(texts: list[str], cells: list[str], separator: str = "") -> LabelledRows:
    task = task_of(cells, separator)
    return LabelledRows(texts, None, task, task.encode(cells))


@pytest.fixture(scope="module")
def toy() -> tuple[list[str], list[str]]:
    frame = read(sentiment_csv(200), "toy.csv").frame
    return frame["text"].tolist(), frame["label"].tolist()


def nothing(share: float) -> None:
    assert 0 <= share <= 1


def test_planted_mistakes_are_found_and_the_right_label_suggested(
    toy: tuple[list[str], list[str]],
) -> None:
    texts, labels = toy[0], toy[1][:]
    right = dict(enumerate(labels))
    planted = {3, 50, 91, 120, 177}
    for row in planted:
        labels[row] = "negative" if labels[row] == "positive" else "positive"
    found = suspects(known(texts, labels), 1, nothing)
    assert found.judged == 200
    hits = [each for each in found.suspects if each.row in planted]
    assert len(hits) >= 4
    assert len(found.suspects) <= 8
    assert all(each.suggested == right[each.row] != each.given for each in hits)
    assert [-e.wrong for e in found.suspects] == sorted(-e.wrong for e in found.suspects)


def test_the_same_rows_and_seed_give_the_same_list(toy: tuple[list[str], list[str]]) -> None:
    texts, labels = toy[0][:80], toy[1][:80]
    labels[7] = "negative" if labels[7] == "positive" else "positive"
    assert suspects(known(texts, labels), 1, nothing) == suspects(known(texts, labels), 1, nothing)


def test_a_copy_of_a_row_cannot_speak_for_its_label(toy: tuple[list[str], list[str]]) -> None:
    texts, labels = toy[0][:], toy[1][:]
    labels[10] = "negative" if labels[10] == "positive" else "positive"
    texts += [texts[10].upper()] * 3
    labels += [labels[10]] * 3
    rows = {each.row for each in suspects(known(texts, labels), 1, nothing).suspects}
    assert {10, 200, 201, 202} <= rows


def test_several_labels_in_a_cell() -> None:
    words = {"red": "rose fire blood", "blue": "sky sea ice", "green": "grass leaf frog"}
    cells = ["red; blue", "green", "blue; green", "red"] * 25
    texts = [
        " ".join(words[name].split()[row % 3] for name in cell.split("; ")) + f" {row}"
        for row, cell in enumerate(cells)
    ]
    cells[8] = "red"  # blue is missing
    found = suspects(known(texts, cells, ";"), 1, nothing).suspects
    first = next(each for each in found if each.row == 8)
    assert first.suggested == "blue; red"


def test_every_row_is_answered_by_models_without_it() -> None:
    """Labels by chance: nothing but the row itself could tell its own."""
    random = np.random.default_rng(5)
    texts = [f"unique{row}" for row in range(40)]
    cells = [("a", "b")[side] for side in random.permutation([0, 1] * 20)]
    rows = known(texts, cells)
    shares = out_of_fold(rows, folds(texts, cells, 5, 0), 0, nothing)
    assert np.allclose(shares.sum(axis=1), 1)
    own = shares[np.arange(40), rows.truth]
    assert own.mean() < 0.55
    fitted = rows.learned(np.arange(40), np.arange(40), 0, nothing)[0]
    assert fitted[np.arange(40), rows.truth].mean() > 0.8  # with it they could


def test_the_file_runs_no_formula() -> None:
    row = answers.Suspect(2, "+x", "=1+1", "@b", 0.9, 0.9, "test")
    [found] = csv.DictReader(io.StringIO(to_csv([row])))
    assert (found["given"], found["suggested"], found["text"]) == ("'=1+1", "'@b", "'+x")

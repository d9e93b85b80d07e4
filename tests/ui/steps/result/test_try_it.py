"""The box to try a model: what counts as a text, what is shown of an answer, and that all of it is text."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.errors import UserError
from core.inference.explain_text import Explanation, Piece, units_of
from core.runs.store import RunStore
from core.words import percent
from core.workflow.corrections import Corrections
from tests.ui.fake import HOSTILE, drawn, make_run
from tests.ui.test_pieces import harmless
from ui.steps.result import answer, corrections, try_it
from ui.steps.result.explained import explained


@pytest.mark.parametrize(
    ("text", "pair", "lines", "columns", "expected"),
    [
        ("one\n\ntwo\r\nthree", "", True, 1, [("one", None), ("two", None), ("three", None)]),
        ("one\n\ntwo", "", False, 1, [("one\n\ntwo", None)]),
        (" \n ", "", True, 1, []),
        ("a\tb", "", True, 1, [("a\tb", None)]),
        ("a\tb\nc\td\te", "", True, 2, [("a", "b"), ("c", "d\te")]),
        ("a\tb\nc", "", True, 2, [("a", "b"), ("c", "")]),
        ("a\nb", "c", True, 2, [("a\nb", "c")]),
        ("", "c", True, 2, [("", "c")]),
    ],
)
def test_what_the_texts_in_the_box_are(
    text: str, pair: str, lines: bool, columns: int, expected: list[tuple[str, str | None]]
) -> None:
    assert try_it.texts_of(text, pair, lines, columns) == expected


def test_too_much_for_the_box_is_told() -> None:
    with pytest.raises(UserError) as error:
        try_it.texts_of("x\n" * 101, "", True, 1)
    assert error.value.args == ("try_too_many",)
    with pytest.raises(UserError) as error:
        try_it.texts_of("x" * 20_001, "", False, 1)
    assert error.value.args == ("try_too_long",)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_for_and_against_are_told_apart_without_colours(lang: str) -> None:
    text = (f"good film, {HOSTILE} awful", None)
    weights = [2.0, 0.01, -0.5, 0.0, -1.0]
    units = units_of(text)
    pieces = tuple(Piece((unit,), w) for unit, w in zip(units, weights, strict=False))
    found = Explanation(pieces, (len(text[0]), 0), 0.9, 0.4)
    shown = explained(found, text, HOSTILE, lang)
    said = harmless(shown)
    assert text[0] in said
    assert "90.0%" in said
    assert "40.0%" in said
    assert "good +2.0" in said
    assert '<mark class="tt-for tt-level-4"' in shown
    assert "tt-against" in shown
    assert 'dir="auto"' in shown


def test_what_is_not_read_is_shown_so() -> None:
    text = ("good and more", "second")
    found = Explanation((Piece(units_of(text)[:1], 1.0),), (4, 6), 0.9, 0.4)
    shown = explained(found, text, "a", "en")
    assert '<span class="tt-unread"> and more</span>' in shown
    assert shown.count("tt-unread") == 1
    nothing = Explanation((), (0, 0), 0.5, None)
    assert "No single word" in harmless(explained(nothing, ("", None), "a", "en"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_many_texts_are_a_table_and_one_of_them_is_explained(store: RunStore, lang: str) -> None:
    run = make_run(store, labels=("fine", HOSTILE))
    texts = [(f"it stands in the file as {label}", None) for label in ("fine", HOSTILE)]
    asked = answer.asked_of(run.main, "tfidf", texts)
    shown = answer.answer_html(asked, lang)
    assert shown.count('data-do="row"') == 2
    assert HOSTILE in harmless(shown)
    second = dataclasses.replace(asked, at=1, label=int(asked.probabilities[1].argmax()))
    assert answer.said(second, 1)[0] == HOSTILE
    *_, last = answer.why(second, lang)
    assert HOSTILE in harmless(last)
    assert last.count('data-do="label"') == 1


def test_an_explanation_tells_how_far_it_is(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    run = make_run(store)
    asked = answer.asked_of(run.main, "tfidf", [("as positive", None)])
    go_on, predictor = threading.Event(), answer.opened(run.main, "tfidf")
    parts = type(predictor).parts

    def slow(self: object, *arguments: object) -> object:
        go_on.wait(30)
        return parts(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(predictor), "parts", slow)
    steps = answer.why(asked, "en")
    assert "tt-progress" in next(steps)
    go_on.set()
    *_, last = steps
    assert "tt-words" in last


def test_corrections_are_listed_as_text(store: RunStore) -> None:
    run = make_run(store)
    kept = Corrections(run.main).add((HOSTILE,), ["negative"], HOSTILE)
    box = drawn(corrections.CorrectionBox)
    shown = box.show(run.main, "en")
    listed, button = shown[box.list], shown[box.again]
    assert HOSTILE in harmless(listed)
    assert f'data-id="{kept.id}"' in listed
    assert button.visible is True
    Corrections(run.main).delete(kept.id)
    shown = box.show(run.main, "en")
    listed, button = shown[box.list], shown[box.again]
    assert listed == ""
    assert button.visible is False


@pytest.mark.parametrize(
    ("text", "columns", "cells"),
    [
        (("a", None), 1, ("a",)),
        (("a\nb", None), 1, ("a\nb",)),
        (("a", "b"), 2, ("a", "b")),
        (("a\nb\nc", None), 3, ("a", "b", "c")),
        (("a\nb", None), 3, ("a\nb", "", "")),
    ],
)
def test_a_text_becomes_cells(
    text: tuple[str, str | None], columns: int, cells: tuple[str, ...]
) -> None:
    assert corrections.cells_of(text, columns) == cells


def test_probabilities_are_those_of_the_model(store: RunStore) -> None:
    run = make_run(store)
    asked = answer.asked_of(run.main, "tfidf", [("as positive", None)])
    expected = answer.opened(run.main, "tfidf").probabilities([("as positive", None)])
    assert np.array_equal(asked.probabilities, expected)
    assert percent(expected.max()) in harmless(answer.answer_html(asked, "en"))

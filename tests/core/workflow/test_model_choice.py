"""Which model is taken where nobody names one, and what is said of one that does not read the texts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.data.profile.profile import Profile, profile
from core.data.read.table import read
from core.data.samples import load
from core.evaluation import verdict
from core.models.bundled import multilingual_e5
from core.models.locate import origin
from core.recipe import ModelSpec, Recipe, TaskSpec
from core.runs.store import RunStore
from core.words import LANGUAGES, Message, say
from core.workflow.model_choice import choose, instead, unread
from tests.conftest import measured, recipe_for, sentiment_csv


def seen(language: str) -> Profile:
    return dataclasses.replace(profile(load("sentiment_en")), language=language)


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(multilingual_e5, "package_file", lambda *_: None)
    monkeypatch.setattr("core.models.locate._cached_commit", lambda *_: None)


@pytest.mark.parametrize(
    ("key", "language", "reads"),
    [
        ("minilm", "english", True),
        ("minilm", "chinese", False),
        ("minilm", "other", False),
        ("minilm", "many", False),
        ("bert-chinese", "chinese", True),
        ("bert-chinese", "english", False),
        ("multilingual-e5-small", "other", True),
        ("somebody/model", "chinese", True),  # nobody knows
    ],
)
def test_what_a_model_does_not_read_is_said(
    key: str, language: str, reads: bool, store: RunStore
) -> None:
    found = unread(key, seen(language), store)
    assert (found is None) == reads
    for lang in LANGUAGES:
        assert found is None or say(found, lang)
        assert say(instead(seen(language), store), lang)


def test_pictures_are_not_read(store: RunStore) -> None:
    pictures = profile(load("clipart"))
    assert choose(pictures, False, store).model == "efficientnet-lite0"
    assert unread("efficientnet-lite0", pictures, store) is None


def test_another_model_of_this_computer_that_reads_them_comes_before_one_that_does_not(
    store: RunStore, absent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose(seen("chinese"), False, store).model == "minilm"
    there = {"google-bert/bert-base-chinese": "0" * 40}
    monkeypatch.setattr("core.models.locate._cached_commit", lambda name, _: there.get(name))
    assert choose(seen("chinese"), False, store).model == "bert-chinese"
    assert choose(seen("other"), False, store).model == "minilm"
    assert choose(seen("english"), True, store).model == "minilm"  # RoBERTa would be fetched


def run_of(store: RunStore, model: str) -> str:
    table = read(sentiment_csv(), "toy.csv")
    recipe: Recipe = dataclasses.replace(recipe_for(table), model=ModelSpec(model))
    assert recipe.task == TaskSpec("label")
    return f"run:{store.create(recipe, table).id}"


def test_a_run_reads_what_its_first_model_reads(store: RunStore) -> None:
    again = run_of(store, run_of(store, "minilm"))
    assert origin(again, store) == "minilm"
    assert unread(again, seen("chinese"), store) is not None
    assert unread(again, seen("english"), store) is None
    assert origin("run:20200101-000000-ffff", store) == ""


def test_the_result_says_why_where_it_is_not_good(store: RunStore) -> None:
    found = unread("minilm", seen("other"), store)
    assert found is not None
    kept = measured(["a", "b"], unread=found)
    for kind in ("info", "warning"):
        why = verdict.unread(kind, kept)
        assert isinstance(why, Message)
        assert "made for English" in say(why)
    assert verdict.unread("good", kept) is None
    assert verdict.unread("warning", measured(["a", "b"])) is None

"""Which model is suggested for which data, and why."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.data.profile.profile import Profile, profile
from core.data.samples import load
from core.modalities import by_key
from core.models.advice import MANY_ROWS, Advice, long_share
from core.words import LANGUAGES, say


def seen(key: str = "sentiment_en", **changes: Any) -> Profile:
    return dataclasses.replace(profile(load(key)), **changes)


def advise(profile: Profile, accelerated: bool) -> Advice:
    return by_key(profile.modality).advise(profile, accelerated)


@pytest.mark.parametrize(
    ("language", "rows", "accelerated", "model"),
    [
        ("english", 300, False, "minilm"),
        ("english", 100_000, False, "minilm"),
        ("english", MANY_ROWS - 1, True, "minilm"),
        ("english", MANY_ROWS, True, "roberta"),
        ("chinese", 300, False, "multilingual-e5-small"),
        ("chinese", 100_000, True, "multilingual-e5-small"),
        ("other", 300, False, "multilingual-e5-small"),
        ("many", 300, False, "multilingual-e5-small"),
    ],
)
def test_the_model_follows_from_the_data_and_the_machine(
    language: str, rows: int, accelerated: bool, model: str
) -> None:
    found = advise(seen(language=language, usable=rows), accelerated)
    assert found.model == model
    for lang in LANGUAGES:
        assert all(say(each, lang) for each in found.why)


def test_pictures_get_a_model_that_sees() -> None:
    found = advise(seen("clipart"), accelerated=False)
    assert found.model in {each.key for each in by_key("image").models}
    for lang in LANGUAGES:
        assert all(say(each, lang) for each in found.why)


def test_long_texts_are_told_or_read_whole() -> None:
    long = seen(lengths=(60, 40), length_edges=(0, 1000, 2000))
    assert long_share(long) == pytest.approx(0.4)
    there = advise(long, accelerated=False)
    assert there.model == "minilm"
    assert "Of long texts it reads the first 256 tokens" in say(there.why[-1])
    assert advise(long, accelerated=True).model == "modernbert"


def test_the_share_of_long_texts() -> None:
    # A few very long ones stretch the last bin: most of it is as short as its start.
    assert long_share(seen(lengths=(99, 1), length_edges=(0, 100, 90_000))) == 0
    assert long_share(seen(lengths=(), length_edges=())) == 0
    assert long_share(seen(lengths=(10,), length_edges=(1500, 1501))) == 1
    assert long_share(seen(language="chinese", lengths=(10,), length_edges=(500, 501))) == 1


@pytest.mark.parametrize("key", ["sentiment_zh", "classics_zh", "languages"])
def test_the_samples_that_minilm_cannot_read_get_another(key: str) -> None:
    assert advise(seen(key), accelerated=False).model == "multilingual-e5-small"

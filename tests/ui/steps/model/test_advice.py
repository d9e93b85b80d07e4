"""The card that suggests a model, and the bar of one that is unpacked."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import techniques
from core.data.profile.profile import profile
from core.data.read.table import read
from core.data.samples import load
from core.errors import UserError
from core.models.advice import advise_texts
from core.models.bundled import made, multilingual_e5
from core.models.reader import reader_of
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.words import say
from tests.ui.fake import make_run
from tests.ui.test_pieces import harmless
from ui.session import Loaded
from ui.steps.data import step as data
from ui.steps.model import advice
from ui.steps.model import step as model
from ui.steps.shared.unpack import unpacking


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is installed, its model still packed."""
    file = tmp_path / multilingual_e5.FILE
    file.write_bytes(b"packed")
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    for module in (made, multilingual_e5):
        monkeypatch.setattr(module, "package_file", lambda *_: file)


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(multilingual_e5, "package_file", lambda *_: None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_card_names_the_model_the_reasons_and_the_time(there: None, lang: str) -> None:
    found = advise_texts(profile(load("sentiment_zh")), accelerated=False)
    time = say("advice.time", lang, time="3 min")
    piece = advice.card_html(found, lang, time)
    text = harmless(piece)
    assert say("model.four_bit", lang, title="Multilingual E5 small") in text
    assert "3 min" in text
    assert say("advice.chinese", lang) in text
    assert 'data-do="take" data-key="multilingual-e5-small"' in piece


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_catalogue_says_what_is_here_and_from_what(there: None, lang: str) -> None:
    cards = model.catalogue(lang)
    assert cards.count("tt-badge-good") == 2
    assert say("model.four_bit", lang, title="Multilingual E5 small") in harmless(cards)


def loaded(key: str) -> Loaded:
    table = load(key)
    return Loaded(table, profile(table))


def test_the_suggested_model_is_marked_until_somebody_picks_another(
    there: None, store: RunStore
) -> None:
    english, chinese, pictures = map(loaded, ("sentiment_en", "sentiment_zh", "clipart"))
    key, chosen = model.picked_for(english, "minilm", model.Chosen("minilm", None), store)
    assert key == "minilm"
    key, chosen = model.picked_for(chinese, key, chosen, store)
    assert key == "multilingual-e5-small"
    assert model.picked_for(chinese, key, chosen, store) == (key, chosen)  # the step again
    assert model.picked_for(english, key, chosen, store)[0] == "minilm"  # another file

    # By hand it is another than was chosen, or the one that was, picked once more.
    for picked, before in (("distilbert", chosen), ("minilm", None)):
        key, after = model.picked_for(chinese, picked, before, store)
        assert (key, after) == (picked, before)
        key, after = model.picked_for(pictures, picked, before, store)
        assert key == "efficientnet-lite0"  # a pick for texts is none for pictures
        assert model.picked_for(chinese, key, after, store)[0] == "multilingual-e5-small"


def test_a_run_keeps_its_model_for_its_own_data(there: None, store: RunStore) -> None:
    chinese = loaded("sentiment_zh")
    _, chosen, *_ = model.show("minilm", chinese, store, "en")
    assert model.picked_for(chinese, "minilm", chosen, store) == ("minilm", chosen)
    other = loaded("sentiment_zh")
    assert model.picked_for(other, "minilm", chosen, store)[0] == "multilingual-e5-small"


def test_what_is_not_here_is_not_marked(
    absent: None, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.models.locate._cached_commit", lambda *_: None)
    first = model.Chosen("minilm", None)
    assert model.picked_for(loaded("sentiment_zh"), "minilm", first, store)[0] == "minilm"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("here", [True, False])
def test_with_the_data_it_is_said_which_model_they_want(
    request: pytest.FixtureRequest, store: RunStore, here: bool, lang: str
) -> None:
    request.getfixturevalue("there" if here else "absent")
    chinese = profile(load("sentiment_zh"))
    hint = harmless(data.model_hint(chinese, store, lang))
    assert "Multilingual E5 small" in hint
    assert ("MiniLM" in hint) is not here
    assert say("advice.texts.chinese", lang) in hint
    assert data.model_hint(profile(load("sentiment_en")), store, lang) == ""
    assert data.model_hint(profile(load("clipart")), store, lang) == ""


def test_without_the_package_it_is_a_download(absent: None) -> None:
    cards = model.catalogue("en")
    assert cards.count("tt-badge-good") == 1
    assert "4-bit" not in cards
    assert "471 MB download" in cards


def test_a_packed_model_is_not_unpacked_to_read_its_vocabulary(there: None, tmp_path: Path) -> None:
    reader = reader_of(
        "multilingual-e5-small", profile(load("sentiment_zh")), RunStore(tmp_path / "runs")
    )
    assert reader.tokens(["text"]) is None
    assert not (tmp_path / "cache").exists()
    assert str(reader.title) == "Multilingual E5 small (from 4-bit weights)"


def test_unpacking_shows_a_bar_and_says_what_is_wrong(
    there: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ModelSpec("multilingual-e5-small")
    with pytest.raises(UserError) as caught:
        list(unpacking(spec, "en"))  # its file is not the one that was published
    assert caught.value.args == ("model_package_changed",)

    seen = threading.Event()

    def halfway(told: Any) -> None:
        told(0.5)
        assert seen.wait(30)

    monkeypatch.setattr(multilingual_e5, "folder", halfway)
    bars = []
    for bar in unpacking(spec, "en"):
        bars.append(bar)
        if "50%" in bar:
            seen.set()
    assert seen.is_set()
    assert all("4-bit" in harmless(each) for each in bars)
    assert list(unpacking(ModelSpec("minilm"), "en")) == []


def test_the_usual_run_is_that_of_the_next_step(store: RunStore) -> None:
    table = load("sentiment_zh")
    loaded = Loaded(table, profile(table))
    recipe = advice.usual(loaded, ModelSpec("minilm"))
    recipe.validate()
    assert recipe.data.fingerprint == table.fingerprint
    ticked = techniques.suggested(loaded.profile)
    assert list(recipe.techniques) == list(ticked)


def test_a_table_that_nothing_can_be_learned_from_gets_no_advice() -> None:
    told: list[Any] = []
    entered = SimpleNamespace(then=lambda function, *_, **__: told.append(function))
    made = SimpleNamespace(card=None, asking=None)
    session = SimpleNamespace(loaded=None)
    advice.wire(made, session, entered, [])  # type: ignore[arg-type]
    table = read(b"text,label\n" + b"good,one\n" * 12, "one.csv")
    for loaded in (None, Loaded(table, profile(table))):
        assert list(told[0](loaded, advice.Asking(), None)) == [""]


def test_a_tokenizer_that_cannot_be_read_keeps_nobody_from_choosing(store: RunStore) -> None:
    run = make_run(store)
    (run.model / "tokenizer.json").write_text("{")
    reader = reader_of(f"run:{run.id}", profile(load("sentiment_en")), store)
    assert reader.tokens(["a text"]) is None

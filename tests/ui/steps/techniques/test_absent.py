"""A model that is not on this computer: offered with its size, or what to take where there is no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.profile.profile import profile
from core.data.samples import load
from core.data.table import Table
from core.errors import UserError
from core.models.catalog import BY_KEY
from core.models.locate import resolve
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.words import say
from core.workflow.model_choice import here_instead
from tests.ui.fake import HOSTILE
from tests.ui.test_pieces import harmless
from ui.session import Loaded
from ui.steps.techniques import absent


@pytest.fixture(scope="module")
def table() -> Table:
    return load("sentiment_en")


@pytest.fixture
def loaded(table: Table) -> Loaded:
    return Loaded(table, profile(table))


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub that cannot be reached, and nothing that was fetched from it before."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


def test_how_it_compares_is_known_of_all_that_can_be_picked_and_have_to_be_fetched() -> None:
    for entry in BY_KEY.values():
        assert absent.comparable(entry.key) != entry.bundled
        assert min(entry.slowdown, entry.memory) > 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_offered_with_its_size(
    loaded: Loaded, store: RunStore, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(absent, "offline", lambda: False)
    card = absent.card_html("distilbert", loaded, store, lang)
    assert "268 MB" in harmless(card)
    assert 'data-do="download"' in card
    assert HOSTILE in harmless(absent.card_html(HOSTILE, loaded, store, lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_network_what_is_here_is_one_click_away(
    loaded: Loaded, store: RunStore, nowhere: None, lang: str
) -> None:
    with pytest.raises(UserError) as caught:
        resolve(ModelSpec("bert"), store)
    assert "MiniLM L6 (minilm)" in caught.value.hint
    card = absent.refused(caught.value, "bert", loaded, store, lang, again="download")
    assert 'data-do="use" data-key="minilm"' in card
    assert "BERT base uncased" in harmless(card)
    assert say("ui.crash", lang) not in card
    other = absent.refused(UserError("no_model"), "bert", loaded, store, lang)
    assert "data-do" not in other


def test_what_reads_the_texts_is_offered_first(store: RunStore) -> None:
    table = load("sentiment_zh")
    here = here_instead("bert-chinese", profile(table), store)
    assert "minilm" in here
    assert here[0] == "multilingual-e5-small" or "multilingual-e5-small" not in here

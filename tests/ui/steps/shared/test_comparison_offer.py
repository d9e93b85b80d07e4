"""The offer to compare techniques, where what is to be trained cannot be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.data.samples import load
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs.store import RunStore
from core.words import LANGUAGES, say
from tests.ui.visitor import Visitor, Waiting
from ui import page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[page.Page]:
    """A page of a computer without a network and without what was fetched before. A run waits: so nothing is
    measured."""
    from huggingface_hub import constants

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        kept: list[Waiting] = []
        patched.setattr(page, "Jobs", lambda store: kept.append(Waiting(store)) or kept[0])
        patched.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
        patched.setattr(constants, "HF_HUB_OFFLINE", True)
        built = page.build(RunStore(home / "runs"))
        table = load("sentiment_en")
        data = DataSpec(table.name, table.fingerprint, ("text",))
        run = kept[0].start(table, Recipe(data, TaskSpec("label"), ModelSpec("minilm")))
        yield built
        kept[0].stop(run.id)
        kept[0].done.set()


def at_techniques(blocks: page.Page, lang: str, model: str) -> Visitor:
    visitor = Visitor(blocks, lang)
    for fn in visitor.handlers():
        if not fn.targets or any(event == "load" for _, event in fn.targets):
            visitor.fire(fn)
    visitor.click("samples", key="sentiment_en")
    visitor.click("next-1")
    visitor.values[visitor.by_id["model-cards"]._id] = model
    visitor.click("model-cards", "input")
    visitor.click("next-2")
    visitor.values[visitor.by_id["tick-label_smoothing"]._id] = True
    return visitor


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_model_that_cannot_be_fetched_is_answered_with_the_card_of_start(
    blocks: page.Page, lang: str
) -> None:
    visitor = at_techniques(blocks, lang, "distilbert")
    problem = visitor.by_id["start-problem"]._id
    visitor.click("next-3")
    card = visitor.values[problem]
    assert 'data-do="use" data-key="minilm"' in card
    visitor.values[problem] = ""
    visitor.click("compare-start")
    assert visitor.values[problem] == card


def test_so_is_one_that_went_after_it_was_offered(
    blocks: page.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another person may have removed what was fetched."""
    visitor = at_techniques(blocks, "en", "distilbert")
    with monkeypatch.context() as patched:
        patched.setattr("core.jobs.queue.resolve", lambda spec, store: spec)
        visitor.click("compare-start")
    assert 'data-do="start"' in visitor.values[visitor.by_id["compare-offer"]._id]
    visitor.click("compare-offer", do="start")
    card = visitor.values[visitor.by_id["start-problem"]._id]
    assert 'data-do="use" data-key="minilm"' in card
    assert say("ui.crash") not in card

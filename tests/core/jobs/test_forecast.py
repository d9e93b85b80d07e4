"""What a series of runs would take is said before the first of them starts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.cli.forecast import tell_cost
from core.data.read.table import read
from core.errors import UserError
from core.jobs.forecast import absent, parts, seconds
from core.recipe import ModelSpec
from core.runs import events
from core.runs.store import RunStore
from core.words import LANGUAGES, say
from core.workflow.comparisons import variants
from tests.conftest import TINY, recipe_for, sentiment_csv
from tests.ui.fake import add_result
from ui.steps.shared.comparison_offer import card_html

TICKED: dict[str, dict[str, object]] = {"label_smoothing": {}, "freeze": {}}


def test_every_run_is_named_and_those_that_were_trained_cost_nothing(store: RunStore) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    recipe = recipe_for(table, techniques=TICKED, epochs=1.0)
    before = {run.id for run in store.all()}
    found = parts(store, table, variants(recipe))
    assert [part.key for part in found] == [(), *((key,) for key in TICKED), tuple(TICKED)]
    assert not any(part.done for part in found)
    done = store.create(found[0].recipe, table)
    done.append(events.RunFinished(seconds=1.0))
    add_result(done, ("negative", "positive"), simple=False)
    again = parts(store, table, variants(recipe))
    assert [part.done for part in again] == [True, False, False, False]
    assert {run.id for run in store.all()} == {*before, done.id}  # none was started

    for lang in LANGUAGES:
        card = card_html("toy.csv", again, [0.0, 60.0, None], lang)
        assert card.count("<li>") == 4
        assert "3" in card.split("</strong>")[0]
        assert 'data-do="start"' in card


def test_what_cannot_be_trained_is_refused_before_anything_is_offered(store: RunStore) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    with pytest.raises(UserError):
        parts(store, table, variants(recipe_for(table)))  # no technique


def test_nothing_is_downloaded_to_say_how_long(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    recipe = recipe_for(table, techniques={"label_smoothing": {}})
    (part, *_) = parts(store, table, variants(recipe))
    elsewhere = dataclasses.replace(part.recipe, model=ModelSpec("nobody/nothing"))
    away = dataclasses.replace(part, recipe=elsewhere)
    assert list(seconds(store, table, [away], None, lambda _: pytest.fail("measured"))) == [None]
    assert absent(store, [part, dataclasses.replace(away, done=True)]) is None
    for key, title in (("nobody/nothing", "nobody/nothing"), ("distilbert", "268 MB")):
        spec = dataclasses.replace(part.recipe, model=ModelSpec(key))
        fetched = [dataclasses.replace(part, recipe=spec)]
        why = absent(store, fetched)
        for lang in LANGUAGES:
            card = card_html("toy.csv", fetched, [None], lang, why)
            assert title in card
            assert say("offer.unknown", lang) not in card
        assert tell_cost(store, table, fetched, None) == [None]
        assert title in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "more", "runs"),
    [
        ("compare-techniques", ["--technique", "label_smoothing"], 2),
        ("cross-validate", ["--technique", "none", "--folds", "3"], 3),
    ],
)
def test_the_command_line_says_runs_and_minutes_first(
    command: str,
    more: list[str],
    runs: int,
    store: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "toy.csv"
    file.write_bytes(sentiment_csv(60))
    before = len(store.all())
    asked = [command, str(file), "--model", TINY, "--epochs", "1", "--runs", str(store.root)]
    assert main([*asked, *more, "--dry-run"]) == 0
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert answer["runs"] == len(answer["parts"]) == runs
    assert answer["seconds"] == pytest.approx(sum(part["seconds"] for part in answer["parts"]))
    assert f"{runs} runs to train" in told.err
    assert "minutes on this computer" in told.err
    assert len(store.all()) == before

"""Every registered technique: off differs from on, it trains, it resumes to the same numbers, it exports."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from core import techniques
from core.data.any_file import read_archive
from core.data.profile.profile import profile
from core.data.read.table import read
from core.errors import UserError
from core.inference.predictor import TransformerPredictor
from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow.train import train
from tests.conftest import sentiment_csv, with_pictures
from tests.core.data.drawn import coloured
from tests.core.techniques.toys import (
    FOR_PICTURES,
    FOR_TEXTS,
    OPTIONS,
    SETTINGS,
    curve,
    run_with,
    toy,
    trained,
)

ONLY_PICTURES = [key for key in FOR_PICTURES if key not in FOR_TEXTS]
# A second label column of pictures takes a table beside them: see test_multitask.
EACH = [(key, "text") for key in FOR_TEXTS]
EACH += [(key, "image") for key in FOR_PICTURES if key != "multitask"]


@pytest.fixture(autouse=True)
def _a_model_for_pictures(shared_store: RunStore, tiny_pictures: Path) -> None:
    with_pictures(shared_store, tiny_pictures)


def made(run: Run) -> dict[str, int]:
    """The files that are taken away, but those that say when and with what they were made, and their
    sizes."""
    told = ("recipe.json", "metrics.json", "README.md")
    files = (file for file in run.model.rglob("*") if file.is_file())
    return {file.name: file.stat().st_size for file in files if file.name not in told}


@functools.cache  # most have the same settings
def _without(settings: str, kind: str, store: RunStore) -> tuple[Any, Any]:
    run = trained(store, {}, settings, kind)
    return curve(run), made(run)


def without(key: str, kind: str, store: RunStore) -> tuple[Any, Any]:
    """What comes of the settings of a technique's test without the technique."""
    return _without(key if key in SETTINGS else "", kind, store)


@functools.cache
def with_it(key: str, kind: str, store: RunStore) -> Run:
    """The training with the technique, in one go."""
    return trained(store, {key: OPTIONS.get(key, {})}, key, kind)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "kind"), EACH)
def test_off_differs_from_on_and_both_train(shared_store: RunStore, key: str, kind: str) -> None:
    on = with_it(key, kind, shared_store)
    assert (curve(on), made(on)) != without(key, kind, shared_store)
    labels = ("blue", "red") if kind == "image" else ("negative", "positive")
    assert TransformerPredictor(on.model).labels == labels


@pytest.mark.slow
@pytest.mark.parametrize(("key", "kind"), EACH)
def test_stopped_and_resumed_ends_with_the_same_numbers(
    shared_store: RunStore, key: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = with_it(key, kind, shared_store)
    broken = run_with(shared_store, {key: OPTIONS.get(key, {})}, key, kind)

    append = Run.append

    def stop_after_first_score(self: Run, event: events.Event) -> None:
        append(self, event)
        if isinstance(event, events.Evaluated):
            broken.request_stop()

    with monkeypatch.context() as patch:
        patch.setattr("core.training.trainer.STOP_SECONDS", 0.0)
        patch.setattr(Run, "append", stop_after_first_score)
        train(broken)
    assert broken.status() == "stopped"
    assert 0 < broken.progress().step < straight.progress().step
    broken.stop_file.unlink()
    train(broken)
    assert broken.status() == "finished"
    for part in ("test", "best", "steps"):
        assert getattr(broken.measured(), part) == getattr(straight.measured(), part)


def test_pictures_are_not_altered_in_fast_mode(shared_store: RunStore) -> None:
    chosen: dict[str, dict[str, Any]] = {"augment_pictures": {}, "linear_probe": {}}
    with pytest.raises(UserError, match="once"):
        run_with(shared_store, chosen, "augment_pictures", "image")


@pytest.mark.parametrize("key", ["freeze", "distill", "prune"])
def test_what_is_for_the_whole_network_does_not_go_with_fast_mode(
    shared_store: RunStore, key: str
) -> None:
    with pytest.raises(UserError, match="last layer only"):
        run_with(shared_store, {key: {}, "linear_probe": {}}, key, "image")


@pytest.mark.slow
@pytest.mark.parametrize("mix", ["mixup", "cutmix"])
def test_pictures_are_mixed(shared_store: RunStore, mix: str) -> None:
    options = {"mix": mix, "crop": False, "flip": False}
    run = trained(shared_store, {"augment_pictures": options}, "augment_pictures", "image")
    assert curve(run) != without("augment_pictures", "image", shared_store)[0]


ELSEWHERE = [
    *((key, "image") for key in FOR_TEXTS if key not in FOR_PICTURES),
    *((key, "text") for key in ONLY_PICTURES),
]


@pytest.mark.parametrize(("key", "modality"), ELSEWHERE)
def test_what_is_not_for_this_kind_of_data_says_why(key: str, modality: str) -> None:
    table = read_archive(coloured(4)) if modality == "image" else toy()
    with pytest.raises(UserError) as caught:
        techniques.resolve({key: OPTIONS.get(key, {})}, profile(table))
    reason = caught.value.what.values["reason"]
    assert reason.key == f"technique.{key}.not_for.{modality}"


def test_unknown_and_unavailable_ones_are_refused() -> None:
    with pytest.raises(UserError, match="turbo"):
        techniques.resolve({"turbo": {}})
    with pytest.raises(UserError, match="bogus"):
        techniques.resolve({"freeze": {"bogus": 1}})
    balanced = profile(read(sentiment_csv(rows=40), "toy.csv"))
    with pytest.raises(UserError, match="class_balance"):
        techniques.resolve({"class_balance": {}}, balanced)


def test_they_come_in_the_order_of_the_registry() -> None:
    chosen = techniques.resolve({"freeze": {}, "adaptive_epochs": {"patience": "3"}})
    assert [t.key for t in chosen] == ["adaptive_epochs", "freeze"]
    assert chosen[0].options.patience == 3.0

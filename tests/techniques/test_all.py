"""Every registered technique: off differs from on, it trains, it resumes to the same numbers, it exports."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import pytest

from core import techniques
from core.data.picture_table import read_archive
from core.data.profile import profile
from core.data.read import Table, read
from core.errors import UserError
from core.jobs import new_run
from core.predict import Predictor
from core.recipe import TaskSpec
from core.runs import Run, RunStore
from core.training import events as ev
from core.training.train import train
from tests.conftest import TINY_PICTURES, recipe_for, sentiment_csv, with_pictures
from tests.data.drawn import coloured, packed, picture

# What makes each one show on a tiny model: early stopping must have something to stop.
OPTIONS: dict[str, dict[str, Any]] = {
    "adaptive_epochs": {"patience": 0.5},
    "continued_pretraining": {"epochs": 1.0},
    # A search that ends by the number of trials can be repeated; one that time ends cannot.
    "autotune": {"trials": 3, "minutes": 60.0},
    "vocab_trim": {"margin": 500},
}
# Rates that make the toy run differ measurably where the technique acts.
SETTINGS: dict[str, dict[str, Any]] = {
    "adaptive_epochs": {"epochs": 20.0, "learning_rate": 1e-2},
    "autotune": {"learning_rate": None, "epochs": 4.0},
}


FOR_TEXTS = [each.key for each in techniques.ALL if "text" in each.modalities]
FOR_PICTURES = [each.key for each in techniques.ALL if "image" in each.modalities]
ONLY_PICTURES = [key for key in FOR_PICTURES if key not in FOR_TEXTS]
# A second label column of pictures takes a table beside them: see test_multitask.
EACH = [(key, "text") for key in FOR_TEXTS]
EACH += [(key, "image") for key in FOR_PICTURES if key != "multitask"]


@pytest.fixture(autouse=True)
def _a_model_for_pictures(store: RunStore, shared_store: RunStore, tiny_pictures: Path) -> None:
    for each in (store, shared_store):
        with_pictures(each, tiny_pictures)


def toy() -> Table:
    """The toy CSV with a second label column, which few techniques look at."""
    head, *lines = sentiment_csv(rows=60, rare=15).decode().splitlines()
    longer = [f"{line},{'long' if line.count(' ') > 8 else 'short'}" for line in lines]
    return read("\n".join([f"{head},size", *longer]).encode(), "toy.csv")


def toy_pictures() -> Table:
    """Three times as many red ones as blue ones."""
    files = {f"red/{number}.png": picture("red", number) for number in range(30)}
    files |= {f"blue/{number}.png": picture("blue", number) for number in range(10)}
    return read_archive(packed(files), "toy.zip")


def run_with(
    store: RunStore, chosen: dict[str, dict[str, Any]], key: str, kind: str = "text"
) -> Run:
    settings = SETTINGS.get(key, {})
    if kind == "image":
        pictures = toy_pictures()
        recipe = recipe_for(pictures, model=TINY_PICTURES, techniques=chosen, **settings)
        return new_run(store, pictures, recipe)
    table = toy()
    recipe = recipe_for(table, techniques=chosen, **settings)
    if "multitask" in chosen:
        recipe = dataclasses.replace(recipe, also=(TaskSpec("size"),))
    return new_run(store, table, recipe)


def made(run: Run) -> dict[str, int]:
    """The files that are taken away, but those that say when and with what they were made, and their
    sizes."""
    told = ("recipe.json", "metrics.json", "README.md")
    files = (file for file in run.model.rglob("*") if file.is_file())
    return {file.name: file.stat().st_size for file in files if file.name not in told}


def curve(run: Run) -> list[tuple[int, float]]:
    return [(e.step, e.loss) for e in ev.read(run.events)[0] if isinstance(e, ev.Evaluated)]


@functools.cache  # most have the same settings
def _without(settings: str, kind: str, store: RunStore) -> tuple[Any, Any]:
    run = run_with(store, {}, settings, kind)
    train(run)
    assert run.status() == "finished", run.progress().error
    return curve(run), made(run)


def without(key: str, kind: str, store: RunStore) -> tuple[Any, Any]:
    """What comes of the settings of a technique's test without the technique."""
    return _without(key if key in SETTINGS else "", kind, store)


@pytest.mark.parametrize(("key", "kind"), EACH)
def test_off_differs_from_on_and_both_train(
    store: RunStore, shared_store: RunStore, key: str, kind: str
) -> None:
    on = run_with(store, {key: OPTIONS.get(key, {})}, key, kind)
    train(on)
    assert on.status() == "finished", on.progress().error
    assert (curve(on), made(on)) != without(key, kind, shared_store)
    labels = ("blue", "red") if kind == "image" else ("negative", "positive")
    assert Predictor(on.model).labels == labels


@pytest.mark.slow
@pytest.mark.parametrize(("key", "kind"), EACH)
def test_stopped_and_resumed_ends_with_the_same_numbers(
    store: RunStore, key: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, broken = (run_with(store, {key: OPTIONS.get(key, {})}, key, kind) for _ in range(2))
    train(straight)

    append = ev.append

    def stop_after_first_score(path: Any, event: ev.Event) -> None:
        append(path, event)
        if isinstance(event, ev.Evaluated):
            broken.request_stop()

    with monkeypatch.context() as patch:
        patch.setattr("core.training.trainer.STOP_SECONDS", 0.0)
        patch.setattr(ev, "append", stop_after_first_score)
        train(broken)
    assert broken.status() == "stopped"
    assert 0 < broken.progress().step < straight.progress().step
    broken.stop_file.unlink()
    train(broken)
    assert broken.status() == "finished"
    for part in ("test", "best", "steps"):
        assert broken.metrics()[part] == straight.metrics()[part]  # type: ignore[index]


@pytest.mark.slow
def test_variants_of_a_technique_are_different_trainings(store: RunStore) -> None:
    """Each option does something of its own."""
    variants: list[dict[str, dict[str, Any]]] = [
        {"augment": {}},
        {"augment": {"copies": 2}},
        {"augment": {"strength": 0.5}},
        {"augment": {"mixup": True}},
        {"augment": {"mistype": True, "delete": False, "swap": False, "punctuate": False}},
        {"multitask": {}},
        {"multitask": {"weights": "learned"}},
        {"multitask": {"weights": "given", "given": "1, 3"}},
        {"continued_pretraining": {"epochs": 1.0}},
        {"continued_pretraining": {"epochs": 2.0}},
        {"continued_pretraining": {"epochs": 1.0, "masked": 0.4}},
        {"continued_pretraining": {"epochs": 1.0, "learning_rate": 1e-3}},
        {"continued_pretraining": {"epochs": 1.0, "test_rows": True}},
        {"adaptive_lr": {}},
        {"adaptive_lr": {"schedule": "cosine"}},
        {"adaptive_lr": {"schedule": "plateau"}},
        {"adaptive_lr": {"decay": 0.5}},
        {"adaptive_lr": {"head": 2.0}},
        {"adaptive_epochs": {"average": 1}},
        {"adaptive_epochs": {"average": 3}},
        {"freeze": {"share": 0.0}},
        {"freeze": {"share": 0.0, "gradual": True}},
        {"lora": {"rank": 2}},
        {"lora": {"rank": 2, "scale": 4.0}},
        {"class_balance": {}},
        {"class_balance": {"strength": 0.5}},
        {"class_balance": {"kind": "focal"}},
        {"class_balance": {"kind": "focal", "focus": 5.0}},
        {"label_smoothing": {}},
        {"label_smoothing": {"amount": 0.3}},
    ]
    curves = []
    for chosen in variants:
        run = run_with(store, chosen, next(iter(chosen)))
        train(run)
        assert run.status() == "finished", run.progress().error
        curves.append(curve(run))
    same = [(a, b) for a in range(len(curves)) for b in range(a) if curves[a] == curves[b]]
    assert not same, [(variants[a], variants[b]) for a, b in same]


@pytest.mark.slow
def test_all_of_them_together_train_and_export(store: RunStore) -> None:
    run = run_with(store, {key: {} for key in FOR_TEXTS}, "all")
    train(run)
    assert run.status() == "finished", run.progress().error
    assert Predictor(run.model).labels == ("negative", "positive")
    shown = run.metrics()["techniques"]  # type: ignore[index]
    assert {key for key, blocks in shown.items() if blocks} == set(FOR_TEXTS)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.slow
def test_all_for_pictures_together_train_and_export(store: RunStore, fast: bool) -> None:
    """All that go together: in fast mode nothing that is for the whole network."""
    whole = ("augment_pictures", "freeze", "distill", "prune")
    left_out = ("multitask", *(whole if fast else ("linear_probe",)))
    chosen = [key for key in FOR_PICTURES if key not in left_out]
    run = run_with(store, {key: OPTIONS.get(key, {}) for key in chosen}, "autotune", "image")
    train(run)
    assert run.status() == "finished", run.progress().error
    shown = run.metrics()["techniques"]  # type: ignore[index]
    assert {key for key, blocks in shown.items() if blocks} == set(chosen)
    # Nothing is said of the models that were tried and thrown away.
    said = [note.key for note in run.progress().notes]
    assert said.count("technique.linear_probe.done") == int(fast)


def test_pictures_are_not_altered_in_fast_mode(store: RunStore) -> None:
    chosen: dict[str, dict[str, Any]] = {"augment_pictures": {}, "linear_probe": {}}
    with pytest.raises(UserError, match="once"):
        run_with(store, chosen, "augment_pictures", "image")


@pytest.mark.parametrize("key", ["freeze", "distill", "prune"])
def test_what_is_for_the_whole_network_does_not_go_with_fast_mode(
    store: RunStore, key: str
) -> None:
    with pytest.raises(UserError, match="last layer only"):
        run_with(store, {key: {}, "linear_probe": {}}, key, "image")


@pytest.mark.parametrize("mix", ["mixup", "cutmix"])
def test_pictures_are_mixed(store: RunStore, shared_store: RunStore, mix: str) -> None:
    options = {"mix": mix, "crop": False, "flip": False}
    run = run_with(store, {"augment_pictures": options}, "augment_pictures", "image")
    train(run)
    assert run.status() == "finished", run.progress().error
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

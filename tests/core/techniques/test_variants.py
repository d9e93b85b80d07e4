"""Options of techniques, and all techniques at once: each training is another, and finishes."""

from __future__ import annotations

from typing import Any

import pytest

from core.inference.predictor import TransformerPredictor
from core.runs.store import RunStore
from tests.core.techniques.toys import FOR_PICTURES, FOR_TEXTS, OPTIONS, curve, trained


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
    curves = [curve(trained(store, chosen, next(iter(chosen)))) for chosen in variants]
    same = [(a, b) for a in range(len(curves)) for b in range(a) if curves[a] == curves[b]]
    assert not same, [(variants[a], variants[b]) for a, b in same]


@pytest.mark.slow
def test_all_of_them_together_train_and_export(store: RunStore) -> None:
    run = trained(store, {key: {} for key in FOR_TEXTS}, "all")
    assert TransformerPredictor(run.model).labels == ("negative", "positive")
    shown = run.measured().techniques
    assert {key for key, blocks in shown.items() if blocks} == set(FOR_TEXTS)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.slow
def test_all_for_pictures_together_train_and_export(picture_store: RunStore, fast: bool) -> None:
    """All that go together: in fast mode nothing that is for the whole network."""
    whole = ("augment_pictures", "freeze", "distill", "prune")
    left_out = ("multitask", *(whole if fast else ("linear_probe",)))
    chosen = [key for key in FOR_PICTURES if key not in left_out]
    options = {key: OPTIONS.get(key, {}) for key in chosen}
    run = trained(picture_store, options, "autotune", "image")
    shown = run.measured().techniques
    assert {key for key, blocks in shown.items() if blocks} == set(chosen)
    # Nothing is said of the models that were tried and thrown away.
    said = [note.key for note in run.progress().notes]
    assert said.count("technique.linear_probe.done") == int(fast)

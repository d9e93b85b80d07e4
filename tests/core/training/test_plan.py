"""The automatic recipe at its edges, and against the table in docs/recipe.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.recipe import TrainSpec
from core.techniques.linear_probe import LinearProbe
from core.training import plan as auto
from core.training.plan import Facts, Plan, plan_training, with_techniques

DOCS = Path(__file__).resolve().parents[3] / "docs" / "recipe.md"


def planned(rows: int = 560, lengths: int | list[int] = 20, limit: int = 512, **asked: Any) -> Plan:
    tokens = np.array([lengths] * 50 if isinstance(lengths, int) else lengths)
    return plan_training(TrainSpec(**asked), Facts(rows, max(1, rows * 15 // 70), tokens, limit))


@pytest.mark.parametrize("rows", [2, 17, 200, 1_000, 5_000, 10**6])
def test_nothing_stays_open_and_every_value_has_a_reason(rows: int) -> None:
    made = planned(rows)
    for name in (
        "epochs",
        "learning_rate",
        "head_learning_rate",
        "weight_decay",
        "batch_size",
        "max_length",
        "evaluations",
    ):
        assert getattr(made.spec, name) > 0
        assert str(made.why[name])
    assert 1 <= made.evaluate_every <= made.steps_per_epoch
    assert made.total_steps >= made.steps_per_epoch
    evaluations = made.total_steps / made.evaluate_every
    assert 1 <= made.patience < max(2, evaluations)


def test_epochs_follow_from_the_rows() -> None:
    epochs = [planned(rows).spec.epochs for rows in (2, 200, 1_000, 3_000, 5_000, 10**6)]
    assert epochs[0] == auto.MAX_EPOCHS
    assert epochs[-1] == auto.MIN_EPOCHS
    assert epochs == sorted(epochs, reverse=True)
    made = planned(1_000)
    assert auto.STEPS <= made.total_steps < auto.STEPS + made.steps_per_epoch
    # Batches that are twice as large need twice the epochs for as many corrections.
    assert planned(3_000, batch_size=32).spec.epochs > planned(3_000).spec.epochs
    assert planned(1_000, accumulation=2).total_steps >= auto.STEPS


def test_many_rows_have_larger_batches_and_not_more_epochs() -> None:
    few, many = planned(auto.MANY_ROWS - 1), planned(auto.MANY_ROWS)
    assert (few.spec.batch_size, many.spec.batch_size) == (auto.BATCH_SIZE, auto.LARGE_BATCH_SIZE)
    assert few.spec.epochs == many.spec.epochs == auto.MIN_EPOCHS
    assert planned(auto.MANY_ROWS, batch_size=auto.BATCH_SIZE).spec.batch_size == auto.BATCH_SIZE


def test_the_length_follows_from_the_texts_and_the_limits() -> None:
    assert planned(lengths=20).spec.max_length == 24
    assert planned(lengths=5_000).spec.max_length == auto.MAX_CHOSEN_LENGTH
    assert planned(lengths=5_000, limit=128).spec.max_length == 128
    one_long = planned(lengths=[20] * 99 + [400])
    assert one_long.spec.max_length == 24
    assert one_long.cut == 0.01
    assert planned(lengths=[]).spec.max_length == auto.MAX_CHOSEN_LENGTH
    assert planned(lengths=1).spec.max_length == auto.LENGTH_STEP


def test_what_the_person_chose_stays() -> None:
    asked: dict[str, Any] = {
        "epochs": 1.5,
        "learning_rate": 3e-5,
        "head_learning_rate": 2e-4,
        "weight_decay": 0.0,
        "batch_size": 4,
        "max_length": 64,
        "evaluations": 7.0,
        "seed": 3,
    }
    made = planned(**asked)
    for name, value in asked.items():
        assert getattr(made.spec, name) == value
        assert name == "seed" or made.why[name].key == "recipe.yours"
    assert planned(max_length=4_000, limit=512).spec.max_length == 512


def test_a_layer_that_learns_alone_has_a_rate_and_a_decay_of_its_own() -> None:
    usual = Facts(200, 40, np.array([20]), 224)
    alone = plan_training(TrainSpec(), with_techniques(usual, [LinearProbe()]))
    assert alone.spec.head_learning_rate == 5 * auto.HEAD_LEARNING_RATE
    assert alone.spec.weight_decay == pytest.approx(3)
    assert alone.why["weight_decay"].key == "recipe.weight_decay.technique"
    assert (
        plan_training(TrainSpec(), with_techniques(usual, [])).spec.weight_decay
        == auto.WEIGHT_DECAY
    )


def test_the_time_for_evaluations_is_bounded() -> None:
    few = plan_training(TrainSpec(), Facts(10_000, 2_000, np.array([20]), 512))
    many = plan_training(TrainSpec(), Facts(2_000, 2_000, np.array([20]), 512))
    assert few.spec.evaluations == 1.0 or few.spec.evaluations == 2.0
    assert many.spec.evaluations == 1.0


def test_the_table_says_what_the_code_does() -> None:
    table = DOCS.read_text(encoding="utf-8")
    steps, few, most = auto.STEPS, auto.MIN_EPOCHS, auto.MAX_EPOCHS
    percent, cap = auto.LENGTH_PERCENTILE, auto.MAX_CHOSEN_LENGTH
    share, patience = round(100 * auto.EVALUATION_SHARE), round(100 * auto.PATIENCE)
    large = auto.LARGE_BATCH_SIZE
    for said in (
        f"make {steps} corrections, at least {few}, at most {most}",
        f"| batch size | {auto.BATCH_SIZE}, from {auto.MANY_ROWS:,} training rows on {large} |",
        f"| learning rate | {auto.LEARNING_RATE:.4f},",
        f"| head learning rate | {auto.HEAD_LEARNING_RATE:.3f};",
        f"| weight decay | {auto.WEIGHT_DECAY}; {auto.WEIGHT_DECAY * LinearProbe.decay:g} where",
        f"what {percent} % of the texts need, in steps of {auto.LENGTH_STEP}, at most {cap} tokens",
        f"about {auto.EVALUATIONS} in the run, but no more than {share} % of its time",
        f"{patience} % of the run's checks",
    ):
        assert said in table, said

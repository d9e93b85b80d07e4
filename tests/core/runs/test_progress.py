from __future__ import annotations

import dataclasses
import math

import pytest

from core.runs import events
from core.runs.progress import MAX_POINTS, Progress, running_mean, thin
from core.words import LANGUAGES, message, say


def evaluated(step: int, loss: float, f1: float, best: bool) -> events.Evaluated:
    return events.Evaluated(
        time=100.0 + step,
        step=step,
        epoch=step / 10,
        loss=loss,
        accuracy=f1,
        macro_f1=f1,
        best=best,
    )


def started(total: int = 100) -> Progress:
    progress = Progress()
    for event in (
        events.RunQueued(time=90.0),
        events.RunStarted(time=95.0),
        events.StageStarted(time=100.0, stage="train", total_steps=total, epochs=10, rows=80),
    ):
        progress.add(event)
    return progress


def step(number: int, loss: float = 0.5) -> events.Step:
    return events.Step(
        time=100.0 + number, step=number, epoch=number / 10, loss=loss, learning_rate=1e-4
    )


def test_time_left_follows_the_pace() -> None:
    progress = started()
    assert progress.seconds_left is None
    for number in (1, 2, 20):
        progress.add(step(number))
    assert progress.seconds_left == pytest.approx(80)
    assert progress.share == pytest.approx(0.95 * 0.2)


def test_a_stage_that_counts_its_rows_says_how_far_it_is() -> None:
    progress = started()
    progress.add(events.StageStarted(time=100.0, stage="keep", rows=400))
    assert (progress.share, progress.in_stage) == (0.0, False)
    for seconds in (1, 2, 3):
        progress.add(events.RowsDone(time=100.0 + seconds, rows=100 * seconds))
    assert progress.share == pytest.approx(0.75)
    assert progress.seconds_left == pytest.approx(1)
    assert progress.in_stage
    progress.add(events.StageStarted(time=105.0, stage="train", total_steps=10, epochs=1.0))
    assert (progress.share, progress.in_stage, progress.seconds_left) == (0.0, False, None)


def test_a_resumed_run_draws_what_came_after_its_checkpoint_anew() -> None:
    progress = started()
    for event in (step(5), evaluated(5, 0.6, 0.5, True), step(9), evaluated(10, 0.4, 0.8, True)):
        progress.add(event)
    progress.add(events.RunStarted(time=300.0))
    progress.add(step(6, loss=0.9))
    assert [point[0] for point in progress.train] == [5, 6]
    assert [each.step for each in progress.evaluations] == [5]
    assert progress.best is not None
    assert progress.best.step == 5


def test_a_long_curve_is_thinned_but_keeps_its_ends() -> None:
    progress = started(10**6)
    for number in range(1, 5 * MAX_POINTS):
        progress.add(step(number, loss=1 / number))
    assert len(progress.train) <= 2 * MAX_POINTS
    assert progress.train[-1][0] == 5 * MAX_POINTS - 1
    assert [p[0] for p in progress.train] == sorted({p[0] for p in progress.train})


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ([step(1)], "verdict.first_epoch"),
        ([evaluated(5, 0.6, 0.5, True)], "verdict.first_score"),
        ([evaluated(5, 0.6, 0.5, True), evaluated(10, 0.5, 0.6, True)], "verdict.improving"),
        (
            [
                evaluated(5, 0.5, 0.7, True),
                evaluated(10, 0.6, 0.6, False),
                evaluated(15, 0.7, 0.6, False),
            ],
            "verdict.overfitting",
        ),
        (
            [
                evaluated(5, 0.6, 0.7, True),
                evaluated(10, 0.5, 0.6, False),
                evaluated(15, 0.4, 0.6, False),
            ],
            "verdict.waiting",
        ),
        ([evaluated(5, 0.6, 0.7, True), events.RunFinished(seconds=1)], "verdict.kept"),
        (
            [
                evaluated(5, 0.6, 0.7, True),
                evaluated(10, 0.6, 0.69, True),
                events.Note(message=message("train.averaged.kept", before=0.7, after=0.69)),
                events.RunFinished(seconds=1),
            ],
            "verdict.averaged",
        ),
        ([evaluated(5, 0.6, 0.7, True), events.RunStopped(step=5, seconds=1)], "verdict.stopped"),
        ([events.RunStopped(step=None, seconds=1)], "verdict.stopped_empty"),
        ([events.StageStarted(stage="baselines")], "verdict.baselines"),
        ([events.StageStarted(stage="test")], "verdict.test"),
        ([events.StageStarted(stage="export")], "verdict.export"),
    ],
)
def test_the_plain_word_on_it(written: list[events.Event], key: str) -> None:
    progress = started()
    for event in written:
        progress.add(event)
    verdict = progress.verdict()
    assert verdict.key == key
    for language in LANGUAGES:
        assert say(verdict, language)


@pytest.mark.parametrize(
    ("score", "key"),
    [
        (None, "verdict.to_beat"),
        (0.79, "verdict.below"),
        (0.803, "verdict.level"),
        (0.86, "verdict.above"),
    ],
)
def test_while_it_learns_the_best_simple_model_is_named(score: float | None, key: str) -> None:
    progress = started()
    for name, value in (("tfidf", 0.7), ("embedding", 0.8)):
        progress.add(events.Baseline(name=name, accuracy=value, macro_f1=value, seconds=1))
    if score is not None:
        progress.add(evaluated(5, 0.6, score, True))
    verdict = progress.verdict()
    assert verdict.key == "verdict.both"
    assert verdict.values["beside"].key == key
    for language in LANGUAGES:
        assert say("baseline.embedding", language) in say(verdict, language)
    progress.add(events.RunFinished(seconds=1))
    assert progress.verdict().key == ("verdict.kept" if score else "verdict.finished")


def two_columns(mood: float, topic: float, best: tuple[float, float] | None = None) -> Progress:
    """A run of two label columns, with what word counts reach on each, and the model's best."""
    progress = started()
    for column, value in (("mood", mood), ("topic", topic)):
        progress.add(
            events.Baseline(
                name="tfidf", accuracy=value, macro_f1=value, seconds=1, column=column, columns=2
            )
        )
    if best is not None:
        tasks = [("mood", best[0], best[0]), ("topic", best[1], best[1])]
        score = sum(best) / 2
        progress.add(
            dataclasses.replace(evaluated(5, 0.6, score, True), tasks=tasks, accuracy=score)
        )
    return progress


def test_of_several_label_columns_the_mean_is_beside_the_mean() -> None:
    """Not beside what the simple model scored on the first of them."""
    progress = two_columns(0.50, 0.90, (0.62, 0.74))
    (rival,) = progress.rivals
    assert (rival.macro_f1, rival.accuracy) == pytest.approx((0.7, 0.7))
    verdict = progress.verdict()
    for language in LANGUAGES:
        assert say("verdict.behind", language, columns="topic") in say(verdict, language)
    assert "2 points below" in str(verdict)
    assert "mean" in str(verdict)
    progress.add(events.RunFinished(seconds=1))
    assert progress.verdict().key == "verdict.kept.mean"


def test_a_simple_model_of_some_columns_only_is_no_rival() -> None:
    progress = started()
    progress.add(
        events.Baseline(name="tfidf", accuracy=1, macro_f1=1, seconds=1, column="mood", columns=2)
    )
    assert progress.rivals == []
    assert progress.verdict().key == "verdict.first_epoch"


def test_taken_up_again_the_simple_models_are_trained_anew() -> None:
    progress = started()
    progress.add(events.Baseline(name="tfidf", accuracy=0.7, macro_f1=0.7, seconds=1))
    copy = progress.copy()
    progress.add(events.RunStarted())
    assert progress.baselines == {}
    assert list(copy.baselines) == ["tfidf"]


def test_a_failure_says_what_and_what_next() -> None:
    progress = started()
    progress.add(
        events.RunFailed(
            message=message("error.diverged", step=3), hint=message("error.diverged.hint")
        )
    )
    assert progress.status == "failed"
    assert "step 3" in str(progress.verdict())
    assert progress.hint is not None


def test_the_night_between_a_stop_and_a_resume_is_not_counted() -> None:
    progress = started()
    progress.add(step(60))
    progress.add(events.Note(time=160.0, message=message("verdict.prepare")))
    progress.add(events.RunStopped(time=165.0, step=60, seconds=70))
    assert progress.seconds == pytest.approx(70)
    progress.add(events.RunQueued(time=90_000.0))
    assert progress.seconds == pytest.approx(70)
    progress.add(events.RunStarted(time=90_001.0))
    progress.add(events.RunFinished(time=90_011.0, seconds=10))
    assert progress.seconds == pytest.approx(80)
    assert progress.notes == []
    assert progress.kept_step is None


def test_a_copy_stays_as_it_is() -> None:
    progress = started()
    progress.add(step(5))
    copy = progress.copy()
    progress.add(step(6))
    assert [point[0] for point in copy.train] == [5]
    assert copy.seconds_left == started().seconds_left


def test_the_loss_that_is_told_is_the_curves_and_not_the_last_batchs() -> None:
    progress = started()
    assert math.isnan(progress.loss)
    for number in range(1, 20):
        progress.add(step(number, loss=1.0))
    progress.add(step(20, loss=9.0))  # a hard batch
    drawn = running_mean([loss for _, _, loss in thin(progress.train)])
    assert progress.loss == drawn[-1] < 3


def test_a_stopped_run_is_as_far_as_it_trained() -> None:
    progress = Progress()
    progress.add(events.RunStarted())
    progress.add(events.StageStarted(stage="train", total_steps=100, epochs=10.0))
    progress.add(events.Step(step=40, epoch=4.0, loss=0.5, learning_rate=1e-4))
    progress.add(events.StageStarted(stage="export"))
    assert progress.share == 0.97
    progress.add(events.RunStopped(step=40, seconds=9.0))
    assert progress.share == pytest.approx(0.95 * 0.4)
    progress.add(events.RunQueued())  # it goes on, and waits for its turn
    assert progress.share == pytest.approx(0.95 * 0.4)

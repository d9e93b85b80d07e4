"""Runs that were stopped, and damaged checkpoints and stages: what is kept, and what is done anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.runs import events
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.stages import Stages
from core.training.trainer import WHOLE, last_checkpoint
from core.workflow.train import train
from tests.core.workflow.toy_run import make


def test_stopped_before_training_it_ends_without_a_model(store: RunStore) -> None:
    run = make(store)
    run.request_stop()
    train(run)
    assert run.status() == "stopped"
    assert run.progress().kept_step is None
    assert run.archive() is None


def test_a_checkpoint_that_is_not_whole_is_passed_over(store: RunStore) -> None:
    run = make(store)
    whole = ["trainer_state.json", WHOLE]
    for step, files in ((10, whole), (20, ["trainer_state.json"]), ("30 (copy)", whole)):
        folder = run.path / f"checkpoint-{step}"
        folder.mkdir()
        for name in files:
            (folder / name).write_bytes(b"{}")
    lost: list[int] = []
    assert last_checkpoint(run.path, lost.append) == run.path / "checkpoint-10"
    assert lost == []


@pytest.fixture(scope="module")
def straight(shared_store: RunStore) -> Run:
    """A run of three epochs in one go."""
    run = make(shared_store, epochs=3.0)
    train(run)
    return run


def flipped(file: Path) -> None:
    """One bit of what loads without an error."""
    data = bytearray(file.read_bytes())
    data[-len(data) // 4] ^= 1
    file.write_bytes(data)


WAYS: dict[str, Callable[[Path], object]] = {
    "flipped": flipped,
    "truncated": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "missing": Path.unlink,
    "text": lambda file: file.write_bytes(b"nothing"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("model.safetensors", "flipped"),
        ("optimizer.pt", "truncated"),
        ("trainer_state.json", "text"),
        ("best-0.safetensors", "missing"),
        (WHOLE, "text"),
    ],
)
def test_a_damaged_checkpoint_is_said_and_the_training_begins_anew(
    store: RunStore, straight: Run, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    run = make(store, epochs=3.0)
    append = Run.append

    def stop_after_a_checkpoint(self: Run, event: events.Event) -> None:
        append(self, event)
        if isinstance(event, events.Checkpointed):
            run.request_stop()

    with monkeypatch.context() as patch:
        patch.setattr("core.training.trainer.STOP_SECONDS", 0.0)
        patch.setattr("core.training.trainer.CHECKPOINT_SECONDS", 0.0)
        patch.setattr(Run, "append", stop_after_a_checkpoint)
        train(run)
    assert run.status() == "stopped"
    [folder] = run.path.glob("checkpoint-*")
    WAYS[way](folder / name)
    run.stop_file.unlink()
    train(run)
    assert run.status() == "finished", run.progress().error
    assert "train.checkpoint_damaged" in [note.key for note in run.progress().notes]
    for part in ("test", "best", "steps"):
        assert getattr(run.measured(), part) == getattr(straight.measured(), part)


@pytest.mark.parametrize("damaged", ["range.json", "range.safetensors"])
@pytest.mark.parametrize("way", ["flipped", "truncated", "text"])
def test_a_damaged_stage_is_done_anew(store: RunStore, damaged: str, way: str) -> None:
    run = make(store)
    stages = Stages(run)
    stages.keep("range", {"rate": 0.25, "points": [1, 2]}, {"weight": torch.ones(64)})
    assert stages.facts("range") == {"rate": 0.25, "points": [1, 2]}
    assert torch.equal(stages.weights("range")["weight"], torch.ones(64))
    WAYS[way](run.path / "stages" / damaged)
    assert stages.facts("range") is None
    assert [note.key for note in run.progress().notes] == ["train.stage_damaged"]


@pytest.mark.slow
def test_stopped_after_a_score_it_keeps_that_model(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(store, epochs=20.0)
    append = Run.append

    def stop_after_a_score(self: Run, event: events.Event) -> None:
        append(self, event)
        if isinstance(event, events.Evaluated):
            run.request_stop()

    monkeypatch.setattr("core.training.trainer.STOP_SECONDS", 0.0)
    monkeypatch.setattr(Run, "append", stop_after_a_score)
    train(run)
    assert run.status() == "stopped"
    assert run.result() is not None
    assert run.progress().epoch < 20


@pytest.mark.slow
def test_stopped_twice_it_still_has_its_first_model(store: RunStore) -> None:
    run = make(store, epochs=1.0)
    train(run)
    run.request_stop()
    train(run)
    progress = run.progress()
    assert progress.status == "stopped"
    assert progress.kept_step == run.measured().best.step

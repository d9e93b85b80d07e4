"""The command line on corrections of a model's answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.store import RunStore
from tests.conftest import TINY, sentiment_csv
from tests.ui.fake import make_run


def test_corrections_are_kept_listed_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(RunStore(tmp_path / "runs"))

    def told(command: str, *arguments: str) -> list[dict[str, object]]:
        assert main([command, run.id, *arguments, "--runs", str(tmp_path / "runs")]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    [made] = told("correct", "--label", "negative", "not bad, they said")
    assert (made["texts"], made["label"]) == (["not bad, they said"], "negative")
    assert told("corrections") == [made]
    assert told("corrections", "--delete", str(made["id"])) == []
    for label, wrong in (
        ("neutral", ["x"]),
        ("negative", ["x", "y"]),
        ("negative", ["x", "--column", "c"]),
    ):
        wrong = ["--label", label, *wrong]
        assert main(["correct", run.id, *wrong, "--runs", str(tmp_path / "runs")]) == 2
    assert main(["retrain", run.id, "--runs", str(tmp_path / "runs")]) == 2
    assert "no corrections" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_is_trained_again_with_its_corrections(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = tmp_path / "toy.csv"
    toy.write_bytes(sentiment_csv(60))
    where = ["--runs", str(store.root)]
    asked = ["train", str(toy), "--model", TINY, "--epochs", "1", "--technique", "none", *where]
    assert main(asked) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert main(["correct", run, "--label", "positive", "a new text", *where]) == 0
    capsys.readouterr()
    assert main(["retrain", run, "--name", "again", *where]) == 0
    told = capsys.readouterr()
    assert "Texts that you corrected: 1." in told.err
    again = store.get(json.loads(told.out.splitlines()[-1])["run"])
    assert again.recipe().name == "again"
    assert len(again.table().frame) == 61
    assert again.table().frame.iloc[-1].tolist() == ["a new text", "positive"]
    assert again.recipe().train == store.get(run).recipe().train

"""The check of a table before training: what it finds, mends, leaves out and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.store import RunStore
from core.words import ASSETS
from tests.conftest import sentiment_csv


def test_check_tells_what_the_data_step_shows(capsys: pytest.CaptureFixture[str]) -> None:
    sample = ASSETS / "samples" / "sentiment-en.csv"
    assert main(["check", str(sample), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["text"] == ["text"]
    assert seen["label"] == "label"
    assert seen["usable"] == 800
    assert seen["error"] is None
    assert "chose" not in seen["why_text"] + seen["why_label"]  # nobody did
    assert seen["model"]["suggested"] == "minilm"
    assert main(["check", str(sample)]) == 0
    said = capsys.readouterr().out
    assert "800" in said
    assert "Suggested for your data: minilm. Your texts are in English" in said
    chinese = str(ASSETS / "samples" / "sentiment-zh.csv")
    assert main(["check", chinese, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["suggested"] == "multilingual-e5-small"


def test_what_check_finds_can_be_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    file = tmp_path / "repeats.csv"
    content = sentiment_csv(40)
    file.write_bytes(b"\n".join([content, *content.splitlines()[1:4]]))
    assert main(["check", str(file), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    found = {each["key"]: each for each in seen["findings"]}
    assert found["repeats"]["count"] == 3
    assert found["repeats"]["fixes"][0]["kind"] == "drop_repeats"

    assert main(["check", str(file), "--json", "--fix", "repeats"]) == 0
    mended = json.loads(capsys.readouterr().out)
    assert mended["usable"] == seen["usable"] - 3
    assert "repeats" not in {each["key"] for each in mended["findings"]}
    assert mended["changes"][0]["edit"] == found["repeats"]["fixes"][0]

    assert main(["check", str(file), "--fix", "nothing"]) == 2
    assert "repeats" in capsys.readouterr().err


def test_the_rows_left_out_can_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gaps.csv"
    lines = sentiment_csv(40).decode().splitlines()
    lines[5] = "no label here,"
    lines[7] = ",positive"
    file.write_text("\n".join(lines))
    left_out = tmp_path / "left.csv"
    assert main(["check", str(file), "--left-out", str(left_out)]) == 0
    assert "left out: 2" in capsys.readouterr().out
    with left_out.open(encoding="utf-8-sig", newline="") as opened:
        assert [row["line"] for row in csv.DictReader(opened)] == ["6", "8"]


def test_a_huge_file_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as opened:
        opened.truncate(1 << 30)
    assert main(["check", str(file)]) == 2
    assert "MB" in capsys.readouterr().err


def test_a_huge_cell_costs_its_row_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cell.csv"
    file.write_bytes(sentiment_csv(40) + b"\n" + b"x" * 2_000_000 + b",positive\n")
    assert main(["check", str(file), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["usable"] == 40
    assert [row["line"] for row in seen["dropped"]] == [42]

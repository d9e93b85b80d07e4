"""Whole files: the rows come back with their answers, in a file of the same kind."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.data.read.table import read
from core.data.table import Table
from core.inference.label_file import REVIEW_BELOW, predict_file
from core.inference.predictor import TransformerPredictor
from tests.core.inference.test_predictor import refuses


@pytest.fixture(scope="module")
def predictor(tiny_model: Path) -> TransformerPredictor:
    return TransformerPredictor(tiny_model)


def rows_of(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_row_is_written_with_its_answer(
    predictor: TransformerPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.inference.label_file.CHUNK", 2)
    cells = ["good film", "  ", "=1+1", "-5", "- a dash", '坏 "片"\n, x']
    source = tmp_path / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([cell, "+old"] for cell in cells)])
    told: list[tuple[int, int]] = []
    out = tmp_path / "out.csv"
    written = predict_file(
        predictor, read(source), ["text"], out, lambda done, total: told.append((done, total))
    )
    assert written == {
        "rows": 6,
        "empty": 1,
        "review": 5,  # the tiny model is never sure
        "abstained": 0,
        "neutralised": 8,  # six labels of "+old", "=1+1" and "- a dash"; -5 is a number
        "label_column": "label_2",
        "confidence_column": "confidence",
        "review_column": "needs_review",
        "review_below": REVIEW_BELOW,
        "delimiter": ",",
        "encoding": "utf-8-sig",
        "stopped": False,
    }
    assert told == [(2, 6), (4, 6), (6, 6)]
    head, *rows = rows_of(out)
    assert head == ["text", "label", "label_2", "confidence", "needs_review"]
    assert [row[0] for row in rows] == [*cells[:2], "'=1+1", "-5", "'- a dash", cells[5]]
    assert {row[1] for row in rows} == {"'+old"}
    assert rows[1][2:] == ["", "", ""]
    expected = predictor.probabilities([("=1+1", None)])[0]
    assert rows[2][2:] == [predictor.labels[expected.argmax()], f"{expected.max():.4f}", "yes"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_two_columns_are_a_pair(predictor: TransformerPredictor, tmp_path: Path) -> None:
    seen = table("title,body\ngood,a film\n,only a body\n")
    written = predict_file(predictor, seen, ["title", "body"], tmp_path / "out.csv")
    assert written["empty"] == 0
    expected = predictor.probabilities([("good", "a film"), ("", "only a body")]).max(axis=1)
    assert [row[3] for row in rows_of(tmp_path / "out.csv")[1:]] == [f"{p:.4f}" for p in expected]


def test_a_stop_keeps_the_rows_done(
    predictor: TransformerPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.inference.label_file.CHUNK", 2)
    seen = table("text\n" + "film\n" * 9)
    written = predict_file(predictor, seen, ["text"], tmp_path / "out.csv", None, lambda: True)
    assert (written["rows"], written["stopped"]) == (2, True)
    assert len(rows_of(tmp_path / "out.csv")) == 3


def test_what_the_file_lacks(predictor: TransformerPredictor, tmp_path: Path) -> None:
    seen = table("text,b\nx,y\n")
    with refuses("predict_no_column") as missing:
        predict_file(predictor, seen, ["Text"], tmp_path / "out.csv")
    assert "“Text”" in missing.value.message
    assert "text, b" in missing.value.message
    with refuses("no_text_column"):
        predict_file(predictor, seen, [], tmp_path / "out.csv")
    with refuses("predict_write"):
        predict_file(predictor, seen, ["text"], tmp_path / "no" / "out.csv")


def table(text: str) -> Table:
    return read(text.encode(), "t.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "cp1252"])
def test_the_file_comes_back_in_its_own_kind(
    predictor: TransformerPredictor, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    word = {"gb18030": "这部电影很好看", "cp1252": "très bien, l’été"}.get(encoding, "très 好")
    rows = [[f"{word} {n}", f"a{delimiter}b", "x"] for n in range(4)]
    source = tmp_path / "in.csv"
    with source.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["text", "other", "third"], *rows])
    out = tmp_path / "out.csv"
    written = predict_file(predictor, read(source), ["text"], out)
    assert written["delimiter"] == delimiter
    assert written["encoding"] == ("utf-16" if encoding == "utf-16" else "utf-8-sig")
    assert out.read_bytes()[:2] in (b"\xff\xfe", b"\xef\xbb")
    with out.open(encoding=written["encoding"], newline="") as file:
        head, *found = csv.reader(file, delimiter=delimiter)
    assert head[3:] == ["label", "confidence", "needs_review"]
    assert [row[:3] for row in found] == rows
    assert read(out).frame.shape == (4, 6)


def test_who_is_sure_enough_needs_no_review(
    predictor: TransformerPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["good", "an awful film", "a", "plot", "on the day", "sad people", "very"]
    sure = predictor.probabilities([(text, None) for text in texts]).max(axis=1)
    monkeypatch.setattr(predictor, "abstain_below", float(sorted(sure)[3]))
    seen = table("\n".join(["text", *texts]))
    written = predict_file(predictor, seen, ["text"], tmp_path / "out.csv")
    assert written["abstained"] == 3
    assert [row[1] for row in rows_of(tmp_path / "out.csv")].count("unsure") == 3
    assert written["review"] == 3
    looks = [row[3] for row in rows_of(tmp_path / "out.csv")[1:]]
    assert looks == ["yes" if each < sorted(sure)[3] else "" for each in sure]

"""The model that is taken where nobody names one, by what is on this computer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.cli.parser import build_parser
from core.cli.recipe import read_recipe
from core.models.bundled import multilingual_e5
from core.words import ASSETS


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is on this computer but those in the box."""
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path))
    monkeypatch.setattr("core.models.bundled.multilingual_e5.PACKAGE", "no_such_package_of_models")
    monkeypatch.setattr("core.models.locate._cached_commit", lambda *_: None)


@pytest.fixture
def packed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package with a model for a hundred languages is installed."""
    file = tmp_path / multilingual_e5.FILE
    file.write_bytes(b"packed")
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(multilingual_e5, "package_file", lambda *_: file)


def test_how_the_suggested_model_is_had_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], nothing_here: None
) -> None:
    chinese = str(ASSETS / "samples" / "sentiment-zh.csv")
    assert main(["check", chinese]) == 0
    assert "471 MB" in (said := capsys.readouterr().out)
    assert "make multilingual" in said
    (tmp_path / "models" / multilingual_e5.FOLDER).mkdir(parents=True)
    (tmp_path / "models" / multilingual_e5.FOLDER / "model.safetensors").touch()
    assert main(["check", chinese]) == 0
    assert "471 MB" not in capsys.readouterr().out


def asked_for(file: Path, *more: str, command: str = "train") -> str:
    """The model of the recipe that a command makes."""
    _, recipe, _ = read_recipe(build_parser().parse_args([command, str(file), *more]))
    return recipe.model.key


SLOVENIAN = ("Soba je bila umazana in osebje ni bilo prijazno", "Odličen zajtrk in zelo lepa soba")


def slovenian(folder: Path) -> Path:
    file = folder / "sl.csv"
    rows = [f"{SLOVENIAN[n % 2]} {n},{['slabo', 'dobro'][n % 2]}" for n in range(40)]
    file.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return file


@pytest.mark.parametrize("command", ["train", "compare-techniques", "cross-validate", "suspects"])
def test_the_suggested_model_is_taken_where_it_is_here(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], packed_here: None
) -> None:
    for file in (ASSETS / "samples" / "sentiment-zh.csv", slovenian(tmp_path)):
        assert asked_for(file, command=command) == "multilingual-e5-small"
        assert "no model was named" in capsys.readouterr().err
    assert asked_for(ASSETS / "samples" / "sentiment-en.csv", command=command) == "minilm"
    assert capsys.readouterr().err == ""
    assert asked_for(slovenian(tmp_path), "--model", "minilm", command=command) == "minilm"
    said = capsys.readouterr().err
    assert "warning: MiniLM L6 was made for English" in said
    assert "on this computer: Multilingual E5 small" in said


def test_where_it_is_not_here_it_is_said_that_the_other_does_not_read_the_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], nothing_here: None
) -> None:
    for file in (ASSETS / "samples" / "sentiment-zh.csv", slovenian(tmp_path)):
        assert asked_for(file) == "minilm"
        said = capsys.readouterr().err
        assert "“--model multilingual-e5-small” is suggested" in said
        assert "warning: MiniLM L6 was made for English" in said
        assert "make multilingual" in said
        assert main(["check", str(file), "--json"]) == 0
        seen = json.loads(capsys.readouterr().out)
        assert seen["model"]["taken"] == "minilm"
        keys = {each["key"] for each in seen["findings"] if each["severity"] == "serious"}
        assert keys & {"script", "language"}

"""Which version this is, and that packages that do not fit together are named before anything starts."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

import app
from core.__main__ import main
from core.errors import UserError
from core.installed import check_installed, own_version


def install(folder: Path, torch: str) -> None:
    about = folder / "torchvision-0.1.dist-info"
    about.mkdir()
    lines = (
        "Metadata-Version: 2.1",
        "Name: torchvision",
        "Version: 0.1",
        f"Requires-Dist: torch{torch}",
    )
    (about / "METADATA").write_text("\n".join(lines) + "\n")


def test_a_torchvision_for_another_torch_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check_installed()
    install(tmp_path, "==1.0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="torchvision"):
        check_installed()
    assert main(["techniques"]) == 2
    said = capsys.readouterr().err
    assert "torchvision 0.1 was made for torch 1.0" in said
    assert "pip uninstall torchvision" in said


@pytest.mark.parametrize("local", ["", "+cu126"])
def test_one_that_fits_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: str
) -> None:
    install(tmp_path, f"=={version('torch').partition('+')[0]}{local}")
    monkeypatch.syspath_prepend(tmp_path)
    check_installed()


def test_page_and_command_line_tell_the_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--version"])
    for start in (app.main, lambda: main(["--version"])):
        with pytest.raises(SystemExit, match="0"):
            start()
        assert capsys.readouterr().out == f"TickTune {own_version()}\n"

"""What strangers wrote into files is shown in a terminal and not obeyed by it; JSON stays JSON."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from core.__main__ import main
from core.io.terminal import Formatter, on_one_line, safe_output, shown
from core.runs.store import RunStore
from tests.ui.fake import make_run

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\x7f\u202eabc\x08\r\x00"
OBEYED = {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), 0x202E)}


def obeyed(text: str) -> list[str]:
    return sorted({each for each in text if each in OBEYED})


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A table with such characters in its name, the names of its columns, labels and texts."""
    evil = ESCAPES.replace("\x00", "").replace("\r", "")
    lines = [
        json.dumps({f"text{evil}": f"{evil} row {n}", f"label{evil}": f"{evil}{n % 2}"})
        for n in range(40)
    ]
    file = tmp_path / f"rows{evil.replace('/', '')}.jsonl"
    file.write_text("\n".join([*lines, "{torn" + evil]), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--json"],
        ["--label", f"no{ESCAPES}such"],
        ["--text", "\x1b[2Jno"],
        ["--fix", ESCAPES],
        ["--sheet", ESCAPES],
    ],
)
def test_check_shows_what_it_found(
    rows: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(rows), *options])
    said = capsys.readouterr()
    assert code in (0, 2)
    assert obeyed(said.out + said.err) == []
    if "--sheet" not in options:
        assert "u001b" in said.out + said.err
    if "--json" in options:
        assert "\x1b[31m" in "".join(json.loads(said.out)["text"])


def test_a_name_does_not_forge_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "a\nhint: all is well\u2028or not")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]


def test_unknown_options_and_commands_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", f"--{ESCAPES}"])
    with pytest.raises(SystemExit):
        main([ESCAPES])
    said = capsys.readouterr()
    assert obeyed(said.out + said.err) == []


def test_runs_and_corrections_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore(tmp_path)
    run = make_run(store, labels=("\x9bone", "\u202etwo"))
    damaged = make_run(store)
    (damaged.path / f"{ESCAPES[:5]}.zip").write_bytes(b"no zip")
    options = ["--runs", str(store.root)]
    for command in (
        ["runs"],
        ["runs", "--json"],
        ["evaluate", run.id, "--which", "tfidf"],
        ["evaluate", run.id, "--which", "tfidf", "--json"],
        ["correct", run.id, f"\x1b{ESCAPES[:20]}", "--label", "\x9bone"],
        ["corrections", run.id],
        ["correct", run.id, "x", "--label", ESCAPES],
    ):
        code = main([*command, *options])
        said = capsys.readouterr()
        assert code in (0, 2), said.err
        assert obeyed(said.out + said.err) == [], command
        if "--json" in command or command[0] == "corrections":
            json.loads(said.out)


def test_logs_are_shown_too() -> None:
    record = logging.LogRecord("a", logging.INFO, "", 0, "name %s", (ESCAPES,), None)
    assert obeyed(Formatter("%(message)s").format(record)) == []


def test_nobody_fills_the_log_with_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with safe_output(100):
        print(f"{ESCAPES}{'x' * 1000}")
        print("short")
    out = capsys.readouterr().out
    assert obeyed(out) == []
    assert len(out) < 300
    assert out.splitlines()[1:] == ["", "short"]


def test_other_text_stays_as_it_is() -> None:
    for text in ("plain\ttext\n", "中文 é ñ 👍🏽", "\u2068\u05d0\u05d1\u2069", "עברית"):
        assert shown(text) == text
    assert json.loads(shown(json.dumps(f"a{ESCAPES}", ensure_ascii=False))) == f"a{ESCAPES}"
    assert on_one_line("a\nb\r\nc\u2028d") == "a b c d"

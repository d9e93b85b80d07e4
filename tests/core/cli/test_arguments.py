"""How a file is read can be said to every command that is given one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.store import RunStore
from tests.core.data.office import xlsx


@pytest.mark.slow
def test_a_sheet_is_picked_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    rows = [["text", "label"], *([f"a text that is number {n}", "ab"[n % 2]] for n in range(20))]
    book = tmp_path / "book.xlsx"
    book.write_bytes(xlsx({"2025": rows[:15], "2026": rows}))
    assert main(["check", str(book), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert (seen["format"], seen["sheet"], seen["rows"]) == ("Excel", "2026", 20)
    assert seen["sheets"] == ["2025", "2026"]
    assert main(["check", str(book), "--sheet", "2025"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("book.xlsx: Excel, sheet '2025', 14 rows\n")
    for command in (
        ["check", str(book)],
        ["train", str(book), "--runs", str(store.root)],
        ["compare-techniques", str(book), "--runs", str(store.root)],
    ):
        assert main([*command, "--sheet", "2024"]) == 2
        assert "“2025”, “2026”" in capsys.readouterr().err
    assert main(["check", str(book), "--sheet", ""]) == 2
    alone = ["train", str(book), "--unlabelled-sheet", "2025", "--runs", str(store.root)]
    assert main(alone) == 2
    assert "--unlabelled FILE" in capsys.readouterr().err
    assert len(store.all()) == 1  # the one that was there


FILE_COMMANDS = (
    "check",
    "train",
    "compare-techniques",
    "cross-validate",
    "suspects",
    "predict",
    "evaluate",
)


@pytest.mark.parametrize("command", FILE_COMMANDS)
def test_every_command_with_a_file_takes_all_ways_to_read_it(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    out = capsys.readouterr().out
    assert all(
        f"--{name}" in out for name in ("sheet", "encoding", "delimiter", "header", "every-row")
    )


def test_how_a_file_is_read_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"schöne Qualität {n};{'gut' if n % 2 else 'schlecht'}\n" for n in range(12))
    file = tmp_path / "mac.csv"
    file.write_bytes(f"a;b\ntext;label\n{rows}Summe;\n".encode("mac_roman"))
    said = ["--encoding", "macintosh", "--header", "2", "--delimiter", "semicolon"]
    assert main(["check", str(file), "--json", *said]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert (seen["rows"], [each["name"] for each in seen["columns"]]) == (12, ["text", "label"])
    assert seen["read_with"] == {"encoding": "macintosh", "header": "2", "delimiter": "semicolon"}
    assert main(["check", str(file), "--json", *said, "--every-row"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 13
    assert main(["check", str(file), "--json", *said, "--fix", "below_table"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 13
    for wrong in (["--encoding", "klingon"], ["--header", "99"], ["--delimiter", "xx"]):
        assert main(["check", str(file), *wrong]) == 2
        assert "hint:" in capsys.readouterr().err
    extra = ["--unlabelled", str(file), "--unlabelled-header", "99"]
    assert main(["train", str(file), *said, *extra, "--dry-run", "--runs", str(tmp_path)]) == 2
    assert "99" in capsys.readouterr().err

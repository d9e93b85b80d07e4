"""Files that are read back: what a crash or a full disk leaves of them, and what is no shape of ours."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
from pathlib import Path

import pytest

from core.io.json_files import (
    MAX_BYTES,
    Damaged,
    append_line,
    parse_lines,
    read_json,
    replace,
)
from core.runs import events
from core.runs.store import RunStore
from core.words import message
from core.workflow.corrections import FILE, Corrections
from tests.ui.fake import make_run


def test_an_appended_line_stands_on_its_own_wherever_the_last_one_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    for text in ('{"a": "one"}', '{"a": "zwei · 二"}'):
        append_line(path, text)
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole) + 1):
        path.write_bytes(whole[:end])
        append_line(path, '{"a": "new"}', durable=True)
        found = list(parse_lines(path.read_bytes(), path))
        # Without its newline alone the line before is whole.
        kept = [{"a": "zwei · 二"}] if end >= len(whole) - 1 else []
        assert found == [{"a": "one"}, *kept, {"a": "new"}], end


def test_a_correction_that_is_said_to_be_saved_is_there_after_a_crash(tmp_path: Path) -> None:
    run = make_run(RunStore(tmp_path))
    kept = Corrections(run.main)
    first, torn = kept.add(("好 one",), ["positive"]), kept.add(("二 two",), ["negative"])
    whole = (run.path / FILE).read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole)):
        (run.path / FILE).write_bytes(whole[:end])
        saved = kept.add(("three",), ["positive"])
        assert [each for each in kept.all() if each != torn] == [first, saved], end


def test_events_go_on_after_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    last = events.Note(message=message("error.model_id", name="中"))
    events.append(path, events.RunStarted(time=1.0))
    events.append(path, last)
    whole = path.read_bytes()
    for end in range(whole.index(b"\n") + 1, len(whole) - 1):
        path.write_bytes(whole[:end])
        events.append(path, events.RunFinished(time=2.0, seconds=1.0))
        found, _ = events.read(path)
        assert found == [events.RunStarted(time=1.0), events.RunFinished(time=2.0, seconds=1.0)], (
            end
        )


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "Note", "time": 1, "message": {"key": "no.such.key", "values": {}}}',
        '{"event": "Note", "time": 1, "message": {"key": "verdict.improving", "values": {}}}',
        '{"event": "Note", "time": 1, "message": {"key": "verdict.improving", "values": {"score": "high"}}}',
    ],
)
def test_a_note_that_this_version_does_not_know_is_shown_by_its_key(line: str) -> None:
    event = events.from_line(line)
    assert isinstance(event, events.Note)
    assert event.message.values["key"] in str(event.message)


@pytest.mark.parametrize(
    "line",
    [
        *("5", "[]", "{}", "NaN", "null", "[" * 100_000, '{"event": ["Note"]}'),
        '{"event": "Step", "step": "x", "epoch": 1, "loss": 1, "learning_rate": 1}',
        '{"event": "Note", "message": 5}',
        '{"event": "Note", "message": {"key": 5, "values": {}}}',
        '{"event": "Evaluated", "step": 1, "epoch": 1, "loss": 1, "accuracy": 1, "macro_f1": null}',
        '{"event": "RunFinished", "time": true, "seconds": 1}',
    ],
)
def test_what_is_no_event_is_left_out(line: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f"{line}\n{events.to_line(events.RunQueued(time=3.0))}\n")
    found, _ = events.read(path)
    assert [each for each in found if not isinstance(each, events.Evaluated)] == [
        events.RunQueued(time=3.0)
    ]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": 1} 2'])
def test_what_is_no_json_is_damaged(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(Damaged):
        read_json(path)


def test_what_is_no_file_or_far_too_large_is_damaged_without_being_read(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        read_json(tmp_path)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Damaged):
        read_json(huge)


def _write_where_nothing_fits(folder: Path) -> None:
    """Exits with 0 when both a line and a whole file were refused and nothing of them is left."""
    lines, whole = folder / "lines.jsonl", folder / "whole.json"
    append_line(lines, json.dumps("x" * 500))
    replace(whole, b"before")
    before = lines.read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
    refused = 0
    try:
        append_line(lines, json.dumps("y" * 500), durable=True)
    except OSError:
        refused += 1
    try:
        replace(whole, b"x" * 1_000)
    except OSError:
        refused += 1
    left = sorted(file.name for file in folder.iterdir())
    same = lines.read_bytes() == before and whole.read_bytes() == b"before"
    sys.exit(0 if refused == 2 and same and left == ["lines.jsonl", "whole.json"] else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits for files")
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_write_where_nothing_fits, args=(tmp_path,)
    )
    process.start()
    process.join(120)
    assert process.exitcode == 0

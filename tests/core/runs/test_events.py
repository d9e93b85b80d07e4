from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from core.runs import events
from core.words import message

ALL = [
    events.RunQueued(),
    events.RunStarted(),
    events.StageStarted(stage="train", total_steps=10, epochs=2.5, rows=80),
    events.Baseline(name="tfidf", accuracy=0.8, macro_f1=0.7, seconds=0.5),
    events.Step(step=1, epoch=0.1, loss=0.7, learning_rate=1e-5),
    events.Evaluated(step=5, epoch=1.0, loss=0.6, accuracy=0.5, macro_f1=0.4, best=True),
    events.Point(stage="pretrain", x=0.1, y=7.5, step=1, total_steps=9),
    events.Checkpointed(step=5),
    events.Restarted(step=7, learning_rate=2e-5),
    events.Note(message=message("verdict.improving", score=0.5)),
    events.Note(message=message("error.model_id", name="line\u2028separator\n{0} 中文")),
    events.RunFinished(seconds=3.5),
    events.RunStopped(step=None, seconds=1.0),
    events.RunFailed(
        message=message("error.unexpected", reason=message("verdict.failed")), hint=None
    ),
    events.RowsDone(rows=40),
]


def test_every_event_survives_its_line() -> None:
    assert {type(event) for event in ALL} == set(events.TYPES.values())
    for event in ALL:
        line = events.to_line(event)
        assert "\n" not in line
        assert events.from_line(line) == event


def test_a_loss_that_is_no_number_stays_valid_json() -> None:
    line = events.to_line(events.Step(step=1, epoch=0.1, loss=math.nan, learning_rate=0.0))
    assert "NaN" not in line
    back = events.from_line(line)
    assert isinstance(back, events.Step)
    assert math.isnan(back.loss)


def test_a_reader_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert events.read(path) == ([], 0)
    for event in ALL[:3]:
        events.append(path, event)
    first, offset = events.read(path)
    assert first == ALL[:3]
    assert events.read(path, offset) == ([], offset)
    for event in ALL[3:]:
        events.append(path, event)
    assert events.read(path, offset)[0] == ALL[3:]


def test_a_line_torn_inside_a_character_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.append(path, ALL[0])
    with path.open("ab") as file:
        file.write('{"event": "Note", "x": "中'.encode()[:-1] + b"\n")
    events.append(path, ALL[4])
    assert events.read(path)[0] == [ALL[0], ALL[4]]


def test_a_half_written_line_waits_and_a_torn_one_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.append(path, ALL[0])
    line = events.to_line(ALL[3]).encode()
    with path.open("ab") as file:
        file.write(line[:20])
    whole, offset = events.read(path)
    assert whole == [ALL[0]]
    with path.open("ab") as file:
        file.write(b"\n" + events.to_line(ALL[4]).encode() + b"\n")
    assert events.read(path, offset)[0] == [ALL[4]]


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (ALL[1], {"time": math.nan}),
        (ALL[1], {"time": None}),
        (ALL[2], {"stage": "another version's"}),
        (ALL[2], {"total_steps": 10**400}),
        (ALL[3], {"name": "another version's"}),
        (ALL[5], {"tasks": [["label", 0.5]]}),
        (ALL[6], {"stage": "another version's"}),
        (ALL[9], {"message": {"key": 5, "values": {}}}),
    ],
)
def test_what_nobody_can_show_is_a_damaged_line(
    event: events.Event, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="event"):
        events.from_line(json.dumps(json.loads(events.to_line(event)) | changed))


def test_a_message_whose_number_is_too_large_is_told_by_its_key() -> None:
    line = json.loads(events.to_line(ALL[9]))
    line["message"]["values"]["score"] = 10**400
    note = events.from_line(json.dumps(line))
    assert isinstance(note, events.Note)
    assert note.message.key == "message.unknown"

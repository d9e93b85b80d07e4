from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from core.runs import events as ev
from core.words import message

ALL = [
    ev.RunQueued(),
    ev.RunStarted(),
    ev.StageStarted(stage="train", total_steps=10, epochs=2.5, rows=80),
    ev.Baseline(name="tfidf", accuracy=0.8, macro_f1=0.7, seconds=0.5),
    ev.Step(step=1, epoch=0.1, loss=0.7, learning_rate=1e-5),
    ev.Evaluated(step=5, epoch=1.0, loss=0.6, accuracy=0.5, macro_f1=0.4, best=True),
    ev.Point(stage="pretrain", x=0.1, y=7.5, step=1, total_steps=9),
    ev.Checkpointed(step=5),
    ev.Restarted(step=7, learning_rate=2e-5),
    ev.Note(message=message("verdict.improving", score=0.5)),
    ev.Note(message=message("error.model_id", name="line\u2028separator\n{0} 中文")),
    ev.RunFinished(seconds=3.5),
    ev.RunStopped(step=None, seconds=1.0),
    ev.RunFailed(message=message("error.unexpected", reason=message("verdict.failed")), hint=None),
]


def test_every_event_survives_its_line() -> None:
    assert {type(event) for event in ALL} == set(ev.TYPES.values())
    for event in ALL:
        line = ev.to_line(event)
        assert "\n" not in line
        assert ev.from_line(line) == event


def test_a_loss_that_is_no_number_stays_valid_json() -> None:
    line = ev.to_line(ev.Step(step=1, epoch=0.1, loss=math.nan, learning_rate=0.0))
    assert "NaN" not in line
    back = ev.from_line(line)
    assert isinstance(back, ev.Step)
    assert math.isnan(back.loss)


def test_a_reader_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert ev.read(path) == ([], 0)
    for event in ALL[:3]:
        ev.append(path, event)
    first, offset = ev.read(path)
    assert first == ALL[:3]
    assert ev.read(path, offset) == ([], offset)
    for event in ALL[3:]:
        ev.append(path, event)
    assert ev.read(path, offset)[0] == ALL[3:]


def test_a_line_torn_inside_a_character_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    ev.append(path, ALL[0])
    with path.open("ab") as file:
        file.write('{"event": "Note", "x": "中'.encode()[:-1] + b"\n")
    ev.append(path, ALL[4])
    assert ev.read(path)[0] == [ALL[0], ALL[4]]


def test_a_half_written_line_waits_and_a_torn_one_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    ev.append(path, ALL[0])
    line = ev.to_line(ALL[3]).encode()
    with path.open("ab") as file:
        file.write(line[:20])
    events, offset = ev.read(path)
    assert events == [ALL[0]]
    with path.open("ab") as file:
        file.write(b"\n" + ev.to_line(ALL[4]).encode() + b"\n")
    assert ev.read(path, offset)[0] == [ALL[4]]


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
def test_what_nobody_can_show_is_a_damaged_line(event: ev.Event, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="event"):
        ev.from_line(json.dumps(json.loads(ev.to_line(event)) | changed))


def test_a_message_whose_number_is_too_large_is_told_by_its_key() -> None:
    line = json.loads(ev.to_line(ALL[9]))
    line["message"]["values"]["score"] = 10**400
    note = ev.from_line(json.dumps(line))
    assert isinstance(note, ev.Note)
    assert note.message.key == "message.unknown"

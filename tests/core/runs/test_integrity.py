"""Damaged runs: each file of a real one in each of several ways, and what list, page and commands say."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.data.read.table import read
from core.errors import UserError
from core.evaluation.cross_validation import FoldStore
from core.evaluation.cross_validation import Member as Folded
from core.jobs.queue import new_run
from core.recipe import Fold
from core.runs import events
from core.runs.integrity import check, damaged_files
from core.runs.result import FORMAT, Result
from core.runs.run import Run
from core.runs.store import RunStore, run_at
from core.techniques import BY_KEY
from core.words import LANGUAGES, has, message, say
from core.workflow.comparisons import ComparisonStore, variants
from core.workflow.comparisons import Member as Compared
from core.workflow.corrections import Corrections
from core.workflow.diagnostics import answer
from core.workflow.train import train
from tests.conftest import recipe_for, sentiment_csv
from tests.core.runs.damage import FILES, HARMLESS, WAYS, commands, ended, without_one
from tests.ui.fake import drawn
from ui.steps.model.step import earlier_runs
from ui.steps.result.step import ResultStep
from ui.steps.train import step
from ui.tabs.runs import table_html


@pytest.fixture(scope="module")
def sound(shared_store: RunStore) -> Run:
    """A finished run with a correction and answers to questions."""
    table = read(sentiment_csv(), "toy.csv")
    run = new_run(shared_store, table, recipe_for(table, epochs=1.0))
    with run.lock():
        train(run)
    assert run.status() == "finished"
    kept = Corrections(run.main)
    kept.add(("a fine text",), ["positive"])
    kept.add(("a poor text",), ["negative"])
    for question in ("suspects", "learning_curve"):
        answer(run.main, question, lambda share: None)
    return run


@pytest.fixture
def pair(sound: Run, tmp_path: Path) -> tuple[RunStore, Run, Run]:
    """A store with two copies of it: one to damage, and its neighbour."""
    store = RunStore(tmp_path / "runs")
    names = ("20260101-000000-0000", "20260102-000000-0000")
    for name in names:
        shutil.copytree(sound.path, store.root / name)
    hurt, other = (store.get(name) for name in names)
    return store, hurt, other


def listed(store: RunStore, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert main(["runs", "--runs", str(store.root), "--json"]) == 0
    return {row["id"]: row for row in json.loads(capsys.readouterr().out)}


def test_a_sound_run_is_sound(sound: Run) -> None:
    assert damaged_files(sound) == ()
    assert sound.answer("suspects")
    assert sound.answer("learning_curve")


def test_a_run_is_sound_at_each_moment_of_its_course(
    sound: Run, shared_store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while it waits for its turn: what is damaged can be neither stopped nor opened."""
    table = sound.table()
    run = new_run(shared_store, table, recipe_for(table))
    assert damaged_files(run) == ()
    with run.lock():
        run.append(events.RunQueued())
        assert damaged_files(run) == ()
        assert listed(shared_store, capsys)[run.id]["status"] == "queued"
    for event in events.read(sound.events)[0][:-1]:  # with the last there is a result
        run.append(event)
        assert damaged_files(run) == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_run_is_listed_and_hides_no_other(
    name: str, way: str, pair: tuple[RunStore, Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    store, hurt, other = pair
    WAYS[way](hurt.path / name)
    rows = listed(store, capsys)
    assert rows[other.id]["status"] == "finished"
    if (name, way) in HARMLESS:
        assert rows[hurt.id]["status"] != "damaged"
        check(hurt)
    else:
        assert rows[hurt.id]["status"] == "damaged"
        [file] = rows[hurt.id]["damaged"]
        assert file == name or (name.endswith("safetensors") and file == "model")
        with pytest.raises(UserError) as error:  # what opening it on the page asks first
            check(hurt)
        assert error.value.what.key == "error.run_damaged"
    for lang in LANGUAGES:
        page = table_html(store, lang)
        assert other.id in page
        assert hurt.id in page
        if (name, way) not in HARMLESS:  # what it is stands under the heading of that
            heads = re.findall(r"<th [^>]*>([^<]*)", page)
            row = next(row for row in page.split("<tr>") if f"<b>{hurt.id}" in row)
            at = heads.index(say("runs.status", lang))
            assert say("status.damaged", lang) in row.split("<td")[at + 1]
        assert other.id in earlier_runs(store, lang)
    store.delete(hurt.id)
    assert [run.id for run in store.all()] == [other.id]


# A quarter of all pairs, every way and every file among them.
SOME = [
    (name, way) for k, name in enumerate(FILES) for n, way in enumerate(WAYS) if (n + k) % 4 == 0
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "way"), SOME)
def test_every_command_answers_or_says_in_a_sentence_what_is_damaged(
    name: str,
    way: str,
    pair: tuple[RunStore, Run, Run],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.cli.retrain.start", lambda run: 0)  # a training of its own
    store, hurt, _ = pair
    WAYS[way](hurt.path / name)
    for command in commands(hurt, tmp_path):
        code = main([*command, "--runs", str(store.root)])
        said = capsys.readouterr()
        assert code in (0, 2), (command, said.err)
        if code:
            assert said.err.splitlines()[-2].startswith("error: "), (command, said.err)
            assert said.err.splitlines()[-1].startswith("hint: "), (command, said.err)


@pytest.mark.slow
def test_metrics_that_lack_anything_are_damaged_or_can_be_shown(
    pair: tuple[RunStore, Run, Run], tmp_path: Path
) -> None:
    from core.report.run import run_report

    _, hurt, _ = pair
    place = drawn(ResultStep)
    whole = json.loads((hurt.path / "metrics.json").read_text())
    made, shown = without_one(whole), 0
    for metrics in made:
        (hurt.path / "metrics.json").write_text(json.dumps(metrics))
        with contextlib.suppress(UserError):
            hurt.measured()
            shown += 1
            place.show(hurt.main, "en")
            if shown % 8 == 1:
                run_report(hurt, "en")
    assert 0 < shown < len(made) / 2


def test_a_technique_that_nobody_knows_is_damage(
    pair: tuple[RunStore, Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is in a run of another version; it could neither be compared nor trained again."""
    store, hurt, other = pair
    assert all(has(f"technique.{key}.name") for key in BY_KEY)
    raw = json.loads((hurt.path / "recipe.json").read_text())
    (hurt.path / "recipe.json").write_text(json.dumps({**raw, "techniques": {"no_such": {}}}))
    rows = listed(store, capsys)
    assert rows[hurt.id]["damaged"] == ["recipe.json"]
    assert rows[other.id]["status"] == "finished"
    for ask in (lambda: check(hurt), lambda: variants(hurt.recipe())):
        with pytest.raises(UserError) as error:
            ask()
        assert error.value.what.key == "error.run_damaged"


def test_a_result_of_another_version_is_named_as_such(pair: tuple[RunStore, Run, Run]) -> None:
    store, hurt, _ = pair
    file = hurt.path / "metrics.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": FORMAT + 1}))
    for ask in (hurt.measured, lambda: check(hurt)):
        with pytest.raises(UserError) as error:
            ask()
        assert error.value.what.key == "error.run_format"
    assert hurt.id in table_html(store, "en")


def test_a_result_is_read_back_as_it_was_written(sound: Run) -> None:
    result = sound.measured()
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("question", ["suspects", "learning_curve"])
@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_answer_is_found_out_anew(
    question: str, way: str, pair: tuple[RunStore, Run, Run]
) -> None:
    _, hurt, _ = pair
    file = hurt.path / f"{question}.json"
    WAYS[way](file)
    assert damaged_files(hurt) == ()
    assert hurt.answer(question) is None
    if way != "a folder":
        answer(hurt.main, question, lambda share: None)
        assert hurt.answer(question)


def test_a_run_of_no_day_and_a_note_of_another_version_are_shown(
    pair: tuple[RunStore, Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    store, hurt, _ = pair
    odd = store.root / "99999999-999999-abcd"
    hurt.path.rename(odd)
    with (odd / "events.jsonl").open("a") as file:
        file.write('{"event": "Note", "message": {"key": "no.such", "values": {}}, "time": 1}\n')
    assert {row["status"] for row in listed(store, capsys).values()} == {"finished"}
    assert odd.name in table_html(store, "en")
    assert "no.such" in step.notes_html(run_at(odd).progress(), "zh")


def test_of_a_damaged_run_the_sound_model_can_be_taken_away(
    pair: tuple[RunStore, Run, Run], tmp_path: Path
) -> None:
    store, hurt, _ = pair
    (hurt.path / "metrics.json").write_text("5")
    out = tmp_path / "model.zip"
    options = ["export", hurt.id, "--which", "model", "-o", str(out), "--runs", str(store.root)]
    assert main(options) == 0
    assert out.stat().st_size == (hurt.path / "toy.zip").stat().st_size
    assert 'data-do="take"' in table_html(store, "en")
    (hurt.path / "toy.zip").write_bytes(b"PK")
    assert main(options) == 2
    assert 'data-do="take"' not in table_html(store, "en")


def test_a_file_that_keeps_its_size_and_time_is_looked_at_again(
    pair: tuple[RunStore, Run, Run],
) -> None:
    _, hurt, _ = pair
    file = hurt.path / "recipe.json"
    sound, at = file.read_bytes(), file.stat()
    for content, found in ((sound, ()), (b"x" * len(sound), ("recipe.json",)), (sound, ())):
        before = file.stat().st_ctime_ns
        while file.stat().st_ctime_ns == before:  # a clock may tick seldom
            file.write_bytes(content)
            os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
        assert damaged_files(hurt) == found


def test_what_could_not_be_read_once_is_looked_at_again(
    pair: tuple[RunStore, Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where too many files are open."""

    def no_more(*_: object) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    _, hurt, _ = pair
    with monkeypatch.context() as open_files:
        open_files.setattr(Path, "read_bytes", no_more)
        assert "recipe.json" in damaged_files(hurt)
    assert damaged_files(hurt) == ()


def test_a_folder_that_cannot_be_looked_into_hides_no_other_run(
    pair: tuple[RunStore, Run, Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, hurt, other = pair

    def closed(call: Callable[..., Any]) -> Callable[..., Any]:
        inside = str(hurt.path) + ("/" if call in (os.stat, os.open, io.open) else "")

        def asked(place: Any = ".", *more: Any, **options: Any) -> Any:
            if not isinstance(place, int) and str(place).startswith(inside):
                raise PermissionError(errno.EACCES, "Permission denied", str(place))
            return call(place, *more, **options)

        return asked

    with monkeypatch.context() as system:
        for name in ("listdir", "scandir", "stat", "open"):
            system.setattr(os, name, closed(getattr(os, name)))
        system.setattr(io, "open", closed(io.open))
        rows = listed(store, capsys)
        page = table_html(store, "en")
    assert rows[hurt.id]["status"] == "damaged"
    assert rows[other.id]["status"] == "finished"
    assert hurt.id in page


def test_a_run_that_failed_while_it_wrote_can_go_on(pair: tuple[RunStore, Run, Run]) -> None:
    _, hurt, _ = pair
    ended(hurt, events.RunFailed(message=message("error.disk_full")))
    (hurt.path / "test.parquet").unlink()
    shutil.rmtree(hurt.model)
    assert damaged_files(hurt) == ()


def test_what_an_unfinished_run_had_measured_before_does_not_hide_it(
    pair: tuple[RunStore, Run, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    store, hurt, _ = pair
    ended(hurt, None)
    (hurt.path / "metrics.json").write_text("{")
    assert listed(store, capsys)[hurt.id]["damaged"] == ["metrics.json"]
    assert hurt.id in table_html(store, "en")
    hurt.request_stop()
    with hurt.lock():
        train(hurt)
    assert hurt.status() == "stopped"
    assert hurt.progress().kept_step is None


def test_test_rows_that_cannot_be_read_close_no_comparison(
    pair: tuple[RunStore, Run, Run],
) -> None:
    """Neither the first and last bytes of the file nor its footer tell."""
    store, hurt, other = pair
    file = hurt.path / "test.parquet"
    data = bytearray(file.read_bytes())
    data[4:60] = bytes(byte ^ 255 for byte in data[4:60])
    file.write_bytes(data)
    cards = ComparisonStore(store)
    for members, found in (
        ((other, hurt), ["finished", "damaged"]),
        ((hurt, other), ["damaged", "finished"]),
    ):
        keys = ((), ("freeze",))
        made = cards.create("toy", list(map(Compared, keys, (run.id for run in members))))
        assert [line.status for line in cards.lines(made)] == found
    kept = FoldStore(store)
    parts = [Folded(Fold(k, 3), run.id) for k, run in enumerate((other, hurt, other))]
    series = kept.create("toy", parts)
    assert [line.status for line in kept.lines(series)] == ["finished", "damaged", "finished"]
    summary = kept.summary(series)
    assert summary is not None
    assert summary.parts == 2


def test_a_recipe_of_any_other_shape_is_unreadable(sound: Run) -> None:
    from core.recipe import Recipe

    whole = json.loads((sound.path / "recipe.json").read_text())
    for raw in without_one(whole):
        try:
            found = Recipe.from_json(json.dumps(raw))
        except UserError:
            continue
        assert dataclasses.asdict(found)

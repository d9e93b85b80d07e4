"""Questions about a run: what is asked of which rows, what is kept, and that they do not hold up the page."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.data.read.table import read
from core.errors import UserError
from core.jobs import background
from core.jobs.job import Job, State
from core.jobs.queue import Jobs
from core.recipe import ModelSpec, Recipe, TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore
from core.simple_models.out_of_fold import LabelledRows
from core.workflow import diagnostics
from core.workflow.diagnostics import Subject
from tests.conftest import TINY, recipe_for, sentiment_csv


def a_run(store: RunStore, rows: int = 120, wrong: tuple[int, ...] = (5, 40)) -> Run:
    """A run with data in which some labels are wrong; nothing is trained."""
    lines = sentiment_csv(rows).decode().splitlines()
    for row in wrong:
        text, label = lines[row + 1].rsplit(",", 1)
        lines[row + 1] = f"{text},{'positive' if label == 'negative' else 'negative'}"
    table = read("\n".join(lines).encode(), "toy.csv")
    return store.create(recipe_for(table), table)


def nothing(share: float) -> None:
    assert 0 <= share <= 1


def test_suspects_of_a_run_are_kept_with_their_lines(store: RunStore) -> None:
    run = a_run(store, 200)
    assert run.answer("suspects") is None
    found = diagnostics.answer(run.main, "suspects", nothing)
    assert run.answer("suspects") == found
    assert found.rows == 200
    assert found.unjudged == 0
    assert found.models == ("tfidf", "embedding")
    assert found.labels == ("negative", "positive")
    assert {7, 42} <= {each.line for each in found.suspects}
    frame = run.table().frame
    split = Subject.of(run.main).rows.split
    sides = {
        int(frame.index[row]): name
        for name in ("train", "validation", "test")
        for row in getattr(split, name)
    }
    for each in found.suspects:
        assert each.text == frame.loc[each.line, "text"]
        assert each.given == frame.loc[each.line, "label"] != each.suggested
        assert each.side == sides[each.line]


def test_the_curve_never_sees_a_test_row(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(store)
    subject, seen = Subject.of(run.main), list[Any]()
    known = Subject.known

    def looked(self: Subject, where: object, tell: object) -> LabelledRows:
        rows = known(self, where, tell)  # type: ignore[arg-type]
        seen.extend(rows.texts)
        return rows

    monkeypatch.setattr(Subject, "known", looked)
    found = diagnostics.answer(run.main, "learning_curve", nothing)
    tested = {subject.rows.texts[i][0] for i in subject.rows.split.test}
    assert len(seen) == 120 - len(tested)
    assert not tested & set(seen)
    assert found.points[-1].rows == pytest.approx(0.8 * len(seen), abs=2)


def test_too_much_work_leaves_the_encoder_out(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "BUDGET", 1.0)
    diagnostics._vectors.clear()
    found = diagnostics.answer(a_run(store, 80).main, "learning_curve", nothing)
    assert found.model == "tfidf"
    diagnostics._vectors.clear()


def test_the_vectors_of_the_first_question_serve_the_second(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(store, 90)
    first = diagnostics.answer(run.main, "suspects", nothing)
    monkeypatch.setattr("core.models.embed.embed", None)  # would not be able to be called
    assert diagnostics.answer(run.main, "suspects", nothing) == first


def test_a_further_label_column_is_a_question_of_its_own(store: RunStore) -> None:
    lines = sentiment_csv(80).decode().splitlines()
    topics = [f"{line},{'even' if row % 2 else ''}" for row, line in enumerate(lines[1:])]
    topics = [line if line.endswith("even") else f"{line}odd" for line in topics]
    topics[3] = topics[3].rsplit(",", 1)[0] + ","  # no topic
    table = read("\n".join([f"{lines[0]},topic", *topics]).encode(), "toy.csv")
    recipe: Recipe = dataclasses.replace(
        recipe_for(table, techniques={"multitask": {}}), also=(TaskSpec("topic"),)
    )
    run = store.create(recipe, table)
    other = dataclasses.replace(recipe, task=recipe.also[0], also=(recipe.task,))
    found = diagnostics.answer(run.new_column(1, other), "suspects", nothing)
    assert found.column == "topic"
    assert found.rows == 79
    assert run.answer("suspects") is None


@pytest.mark.parametrize(
    ("question", "said"),
    [("learning_curve", "6 rows are too few"), ("suspects", "None of the 8 rows can be judged")],
)
def test_too_few_rows_are_said_to_be(store: RunStore, question: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        diagnostics.answer(a_run(store, 8, ()).main, question, nothing)


@pytest.mark.slow
def test_it_is_answered_in_the_background(store: RunStore) -> None:
    run, jobs = a_run(store), Jobs(store)
    asked = background.ask(jobs, run.main, "suspects")
    assert asked is not None
    work = background.look(run.main, "suspects")
    assert work is not None
    assert not work.over
    assert asked.rests.wait(60)
    assert background.look(run.main, "suspects") is None
    assert run.answer("suspects") is not None


def test_what_is_at_work_goes_first_and_a_stop_ends_the_wait(store: RunStore) -> None:
    run, jobs = a_run(store), Jobs(store)
    at_work, done = threading.Event(), threading.Event()
    other = Job(work=lambda: (at_work.set(), done.wait(60)))
    jobs.machine.put(other)
    at_work.wait(60)
    asked = background.ask(jobs, run.main, "suspects")
    assert asked is not None
    assert background.ask(jobs, run.main, "suspects") is None  # under way
    work = background.look(run.main, "suspects")
    assert work is not None
    assert work.state == State.WAITING
    assert work.waits_for() == ""  # something short, for all that anybody knows
    background.stop(run.main, "suspects")
    assert asked.rests.wait(60)
    assert background.look(run.main, "suspects") is None
    assert run.answer("suspects") is None
    done.set()
    assert other.rests.wait(60)


def test_a_question_that_cannot_be_answered_says_why_and_can_be_asked_again(
    store: RunStore,
) -> None:
    run, jobs = a_run(store), Jobs(store)
    gone = dataclasses.replace(run.recipe(), model=ModelSpec("run:20200101-000000-ffff"))
    run.write_recipe(gone)
    asked = background.ask(jobs, run.main, "suspects")
    assert asked is not None
    assert asked.rests.wait(60)
    work = background.look(run.main, "suspects")
    assert work is not None
    assert work.error is not None
    assert isinstance(work.error, UserError)
    assert "no such run" in work.error.message
    again = background.ask(jobs, run.main, "suspects")
    assert again is not None
    assert again.rests.wait(60)


def test_the_command_line_lists_suspects_of_a_file_and_of_a_run(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(store, 200)
    file, out = tmp_path / "toy.csv", tmp_path / "out.csv"
    file.write_bytes(run.table().frame.to_csv(index=False).encode())
    runs = ["--runs", str(store.root)]
    assert main(["suspects", run.id, *runs, "--json"]) == 0
    of_run = json.loads(capsys.readouterr().out)
    assert main(["suspects", str(file), "--model", TINY, *runs, "--json", "-o", str(out)]) == 0
    of_file = json.loads(capsys.readouterr().out)
    assert of_file == of_run
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 1 + len(of_run["suspects"])
    assert main(["suspects", run.id, *runs]) == 0
    assert "labels look wrong" in capsys.readouterr().out
    assert main(["suspects", "20200101-000000-ffff", *runs]) == 2
    assert main(["suspects", "nowhere.csv", *runs]) == 2


def test_the_command_line_prints_the_curve(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(store, 200)
    assert main(["learning-curve", run.id, "--runs", str(store.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sentence"].startswith("Going from ")
    assert run.answer("learning_curve") is not None
    assert main(["learning-curve", run.id, "--runs", str(store.root)]) == 0
    assert found["sentence"] in capsys.readouterr().out


def test_of_very_many_rows_a_part_draws_the_curve(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "MAX_TRAIN_ROWS", 60)
    found = diagnostics.answer(a_run(store).main, "learning_curve", nothing)
    assert found.used == 60 < found.rows
    assert found.points[-1].rows == 48

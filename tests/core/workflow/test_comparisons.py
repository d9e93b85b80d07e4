"""The report card: which runs it takes, that its numbers are those of the runs, and the files that it
gives."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import signal
from pathlib import Path

import pytest

from core.__main__ import main
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.evaluation.compare import Delivered
from core.evaluation.technique_gain import sentence
from core.jobs.queue import Jobs, new_comparison
from core.recipe import ExtraSpec, Recipe, TaskSpec
from core.report.comparison import card_csv, card_html
from core.runs.result import Change
from core.runs.store import RunStore
from core.workflow.comparisons import Comparison, ComparisonStore, Member, only, variants
from core.workflow.train import train
from tests.conftest import TINY, recipe_for, sentiment_csv
from tests.ui.fake import HOSTILE, make_run


@pytest.fixture
def table() -> Table:
    return read(sentiment_csv(80), "toy.csv")


def recipe(table: Table, *keys: str) -> Recipe:
    return recipe_for(table, techniques={key: {} for key in keys}, epochs=1.0)


def test_each_technique_is_trained_alone_and_all_of_them_together(table: Table) -> None:
    two = variants(recipe(table, "freeze", "label_smoothing"))
    assert [keys for keys, _ in two] == [
        (),
        ("freeze",),
        ("label_smoothing",),
        ("freeze", "label_smoothing"),
    ]
    assert [tuple(each.techniques) for _, each in two] == [keys for keys, _ in two]
    assert [keys for keys, _ in variants(recipe(table, "freeze"))] == [(), ("freeze",)]
    with pytest.raises(UserError, match="nothing to compare"):
        variants(recipe(table))


def test_what_belongs_to_a_technique_goes_with_it(table: Table) -> None:
    whole = recipe(table, "multitask", "continued_pretraining")
    data = dataclasses.replace(whole.data, extra=ExtraSpec("more.txt", "0", ("text",)))
    whole = dataclasses.replace(whole, also=(TaskSpec("topic"),), data=data)
    assert only(whole, ("multitask",)).also == whole.also
    assert only(whole, ("multitask",)).data.extra is None
    assert only(whole, ("continued_pretraining",)).also == ()
    assert only(whole, ("continued_pretraining",)).data == data


@pytest.mark.slow
def test_its_numbers_are_those_of_the_runs(store: RunStore, table: Table) -> None:
    wanted = recipe(table, "freeze", "label_smoothing")
    comparison, made = new_comparison(store, table, wanted)
    assert [member.run for member in comparison.members] == [run.id for run in made]
    cards = ComparisonStore(store)
    before = cards.lines(comparison)
    assert {line.status for line in before} == {"interrupted"}
    assert not any(line.got for line in before)
    for run in made:
        train(run)
    lines = cards.lines(cards.get(comparison.id))
    plain = made[0].measured()
    for line, run in zip(lines, made, strict=True):
        result = run.measured()
        assert line.got is not None
        assert line.got.accuracy == result.test.accuracy
        assert line.got.seconds == result.seconds
        assert line.got.size == (run.model / "model.safetensors").stat().st_size
        assert line.got.latency == result.latency > 0
        if line.techniques:
            assert line.macro_f1 is not None
            gain = result.test.macro_f1 - plain.test.macro_f1
            assert line.macro_f1.value == pytest.approx(gain)
    assert lines[0].macro_f1 is None
    assert cards.share(comparison) == (1.0, 0.0)

    # Once more: nothing has to be trained again, for it would come out the same.
    again, nothing = new_comparison(store, table, dataclasses.replace(wanted, name="again"))
    assert nothing == []
    assert again.members == comparison.members
    assert next(each.id for each in cards.all()) in (again.id, comparison.id)
    cards.delete(comparison.id)
    assert [each.id for each in cards.all()] == [again.id]
    assert made[0].path.is_dir()


def test_a_run_that_was_deleted_is_said_to_be(store: RunStore) -> None:
    plain, other = make_run(store), make_run(store)
    members = (Member((), plain.id), Member(("freeze",), other.id))
    cards = ComparisonStore(store)
    made = cards.create("toy", list(members))
    assert cards.lines(made)[1].macro_f1 is not None
    store.delete(plain.id)
    first, second = cards.lines(made)
    assert first.status == "deleted"
    assert second.got is not None
    assert second.macro_f1 is None  # there is nothing to compare it with


def test_one_with_a_technique_of_another_version_is_damaged(store: RunStore) -> None:
    run, cards = make_run(store), ComparisonStore(store)
    made = cards.create("toy", [Member((), run.id), Member(("freeze",), run.id)])
    file = cards.root / f"{made.id}.json"
    file.write_text(file.read_text().replace("freeze", "no_such"))
    assert made.id in cards.damaged()
    assert made.id not in [each.id for each in cards.all()]
    cards.delete(made.id)


@pytest.mark.parametrize("asked", ["", "../../etc/passwd", "20260101-000000-0000", None])
def test_an_id_from_anywhere_is_checked(store: RunStore, asked: object) -> None:
    with pytest.raises(UserError, match="no such comparison"):
        ComparisonStore(store).get(asked)


def got(seconds: float, size: int, latency: float) -> Delivered:
    return Delivered(0.9, 0.9, size, latency, seconds)


def test_a_sentence_says_what_changed_and_whether_it_may_be_chance() -> None:
    base = got(100, 1000, 0.01)
    luck = Change(0.003, -0.01, 0.02)
    assert str(sentence(("augment",), luck, got(280, 1000, 0.0101), base)) == (
        "Data augmentation: no measurable change (+0.3 points of macro-F1, which may be "
        "chance); the run took 2.8 times as long"
    )
    for seconds in (55, 107, 190):
        noise = str(sentence(("augment",), luck, got(seconds, 1000, 0.005), base))
        assert noise.endswith("may be chance)")  # the machine is never twice the same
    quick = str(sentence(("freeze",), luck, got(40, 1000, 0.01), base))
    assert quick.endswith("the run was 2.5 times as fast")
    begun = str(sentence(("augment",), luck, got(4.3, 1000, 0.01), got(5.6, 1000, 0.01)))
    assert begun.endswith("may be chance)")  # the first run loads what the next ones find loaded
    clear = Change(-0.05, -0.08, -0.02)
    said = str(sentence(("prune",), clear, got(100, 500, 0.005), base))
    assert "worse (-5.0 points of macro-F1, 95% interval -8.0 to -2.0)" in said
    assert said.endswith("the model is 2.0 times smaller; it answers 2.0 times as fast")
    assert "better" in str(sentence(("prune",), Change(0.05, 0.02, 0.08), base, base))


def test_the_files_hold_the_numbers_and_nothing_that_runs(store: RunStore) -> None:
    plain, other = make_run(store), make_run(store)
    cards = ComparisonStore(store)
    made = cards.create(HOSTILE, [Member((), plain.id), Member(("freeze",), other.id)])
    lines = cards.lines(made)
    page = card_html(made.name, lines)
    assert "<img" not in page
    assert "<script" not in page
    assert f"{lines[0].got.accuracy:.1%}" in page
    assert card_html(made.name, lines, "zh").count("<tr>") == 3
    rows = list(csv.DictReader(io.StringIO(card_csv(lines))))
    assert [row["techniques"] for row in rows] == ["none", "freeze"]
    assert float(rows[1]["macro_f1_change"]) == 0
    assert float(rows[0]["accuracy"]) == lines[0].got.accuracy


def test_they_wait_in_the_queue_and_none_is_made_where_one_cannot_be(
    store: RunStore, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    jobs, before = Jobs(store), store.all()
    with pytest.raises(UserError, match="cannot be used"):
        jobs.compare(table, recipe(table, "freeze", "class_balance"))  # all labels are as common
    for step in ("core.runs.run.Run.append", "core.runs.run_group.replace_json"):
        with monkeypatch.context() as disk:
            disk.setattr(step, full)
            with pytest.raises(UserError, match="No space left"):
                jobs.compare(table, recipe(table, "label_smoothing"))
        assert store.all() == before
        assert ComparisonStore(store).all() == []
    made: Comparison = jobs.compare(table, recipe(table, "label_smoothing"))
    runs = [store.get(member.run) for member in made.members]
    assert {run.status() for run in runs} <= {"queued", "running", "finished"}
    for run in runs:
        jobs.stop(run.id)


@pytest.mark.slow
def test_the_command_line_prints_the_card(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "toy.csv"
    file.write_bytes(sentiment_csv(80))
    asked = ["--model", TINY, "--epochs", "1", "--runs", str(store.root)]
    techniques = ["--technique", "freeze:share=0.5", "--technique", "label_smoothing"]
    files = ["--html", str(tmp_path / "card.html"), "--csv", str(tmp_path / "card.csv")]
    before = signal.getsignal(signal.SIGINT)
    assert main(["compare-techniques", str(file), *asked, *techniques, *files]) == 0
    assert signal.getsignal(signal.SIGINT) is before
    told = capsys.readouterr()
    answer = json.loads(told.out.splitlines()[-1])
    assert [line["techniques"] for line in answer["lines"]] == [
        [],
        ["freeze"],
        ["label_smoothing"],
        ["freeze", "label_smoothing"],
    ]
    for line in answer["lines"]:
        result = store.get(line["run"]).measured()
        assert line["macro_f1"] == result.test.macro_f1
    assert answer["lines"][1]["sentence"] in told.err
    assert "<table" in (tmp_path / "card.html").read_text(encoding="utf-8")
    assert len((tmp_path / "card.csv").read_text(encoding="utf-8").splitlines()) == 5

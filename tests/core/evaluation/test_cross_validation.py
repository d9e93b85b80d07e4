"""Cross-validation: the parts, the runs, what they say together, and the command line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import f1_score

from core.__main__ import main
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from core.evaluation.cross_validation import Asked, FoldStore, Member, recipes
from core.jobs.queue import Jobs, new_folds
from core.options import parse
from core.recipe import Fold, Recipe
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.rows import Rows
from core.workflow.train import train
from tests.conftest import TINY, recipe_for, sentiment_csv
from tests.ui.fake import make_run


@pytest.fixture
def table() -> Table:
    return read(sentiment_csv(60), "toy.csv")


def test_a_recipe_for_each_part_and_repeat(table: Table) -> None:
    whole = dataclasses.replace(recipe_for(table), name="x" * 80)
    made = recipes(whole, Asked(folds=3, repeats=2))
    assert [part for part, _ in made] == [Fold(n, 3, r) for r in (0, 1) for n in range(3)]
    assert [each.data.fold for _, each in made] == [part for part, _ in made]
    for _, each in made:
        each.validate()
        assert Recipe.from_json(each.to_json()) == each
    assert len({each.name for _, each in made}) == 6
    given = dataclasses.replace(whole, data=dataclasses.replace(whole.data, split="set"))
    assert {each.data.split for _, each in recipes(given, Asked())} == {None}


@pytest.mark.parametrize("asked", [{"folds": 1}, {"folds": 11}, {"repeats": 0}, {"folds": "x"}])
def test_what_is_asked_for_is_checked(asked: dict[str, object]) -> None:
    with pytest.raises(UserError):
        parse(Asked, asked, "folds")


def test_the_parts_test_every_row_once(store: RunStore, table: Table) -> None:
    tested: list[int] = []
    for _, each in recipes(recipe_for(table), Asked(folds=4)):
        split = Rows.of(table, each, store).split
        sides = [set(side.tolist()) for side in (split.train, split.validation, split.test)]
        assert len(set.union(*sides)) == sum(map(len, sides)) == 60
        assert all(sides)
        assert not split.notes
        tested += split.test.tolist()
    assert sorted(tested) == list(range(60))


def series_of(store: RunStore, *runs: Run, base: str = "") -> str:
    members = [Member(Fold(k, len(runs)), run.id) for k, run in enumerate(runs)]
    return FoldStore(store).create("toy", members, base).id


def test_the_scores_are_those_of_all_answers_together(store: RunStore) -> None:
    runs = [make_run(store), make_run(store)]
    for number, run in enumerate(runs):  # each row in one part only
        rows = run.test_rows()
        assert rows is not None
        rows["line"] = range(10_000 * number, 10_000 * number + len(rows))
        if number:
            rows["predicted"] = rows["label"]
        run.write_test_rows(rows)
    kept = FoldStore(store)
    series = kept.get(series_of(store, *runs))
    summary = kept.summary(series)
    assert summary is not None
    first = runs[0].test_rows()
    assert first is not None
    size, right = len(first), int((first["label"] == first["predicted"]).sum())
    assert summary.rows == 2 * size
    assert summary.accuracy.value == pytest.approx((right + size) / (2 * size))
    assert summary.accuracy.low < summary.accuracy.value < summary.accuracy.high
    second = runs[1].test_rows()
    both = pd.concat([first, second])
    expected = f1_score(both["label"], both["predicted"], average="macro")
    assert summary.macro_f1.value == pytest.approx(expected)
    result = runs[0].measured()
    assert summary.accuracy.mean == pytest.approx(result.test.accuracy)
    assert summary.accuracy.spread == 0
    rival = result.baselines["tfidf"].macro_f1
    assert summary.rivals["tfidf"]["macro_f1"] == pytest.approx(rival)


def test_a_row_of_several_repeats_counts_as_one_row(store: RunStore) -> None:
    """Otherwise every repeat would make the interval narrower without any new row."""
    runs = [make_run(store), make_run(store)]
    kept = FoldStore(store)
    once = kept.get(series_of(store, *runs))
    more = kept.get(series_of(store, *runs, *runs))
    two, four = kept.summary(once), kept.summary(more)
    assert two is not None
    assert four is not None
    assert two.rows == four.rows
    assert two.accuracy.high - two.accuracy.low == pytest.approx(
        four.accuracy.high - four.accuracy.low
    )


def test_what_is_missing_is_said(store: RunStore) -> None:
    runs = [make_run(store), make_run(store), make_run(store, end="failed", upto=0.2)]
    kept = FoldStore(store)
    series = kept.get(series_of(store, *runs, base=runs[0].id))
    assert [line.status for line in kept.lines(series)] == ["finished", "finished", "failed"]
    assert kept.lines(series)[2].accuracy is None
    summary = kept.summary(series)
    assert summary is not None
    assert summary.parts == 2
    store.delete(runs[1].id)
    assert kept.lines(series)[1].status == "deleted"
    assert kept.summary(series) is None  # one part is no cross-validation
    for run in (runs[0], runs[2]):
        assert kept.about(run) == series
    assert kept.about(make_run(store)) is None
    kept.delete(series.id)
    assert kept.about(runs[0]) is None
    with pytest.raises(UserError, match="no such cross-validation"):
        kept.get("../../etc/passwd")


@pytest.mark.slow
def test_runs_are_trained_once_and_measured_together(store: RunStore, table: Table) -> None:
    whole = recipe_for(table, epochs=1.0)
    series, made = new_folds(store, table, whole, Asked(folds=2))
    for run in made:
        train(run)
    kept = FoldStore(store)
    summary = kept.summary(series)
    assert summary is not None
    assert summary.rows == 60
    assert {line.status for line in kept.lines(series)} == {"finished"}
    assert kept.share(series) == (1.0, 0.0)
    _, nothing = new_folds(store, table, whole, Asked(folds=2))
    assert nothing == []


def test_they_wait_in_the_queue(store: RunStore, table: Table) -> None:
    jobs, base = Jobs(store), store.create(recipe_for(table), table)
    made = jobs.cross_validate(base, Asked(folds=3))
    assert made.base == base.id
    assert FoldStore(store).about(base) == made
    for member in made.members:
        jobs.stop(member.run)


@pytest.mark.slow
def test_the_command_line_prints_the_scores(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "toy.csv"
    file.write_bytes(sentiment_csv(60))
    asked = ["cross-validate", str(file), "--model", TINY, "--technique", "none", "--folds", "2"]
    asked += ["--epochs", "1", "--runs", str(store.root)]
    assert main([*asked, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(answer["folds"]) == 2
    assert answer["summary"]["rows"] == 60
    assert main(asked) == 0  # trained already
    assert "60 rows, 2 models" in capsys.readouterr().out
    assert main([*asked, "--folds", "99"]) == 2

"""The report of a run: its numbers are the run's, it stands by itself, and nothing in it runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.data.any_file import read_archive
from core.errors import UserError
from core.evaluation.cross_validation import FoldStore, Member
from core.evidence import Chart, Sentence, Table
from core.modalities.image import ImageModality
from core.recipe import Fold, TrainSpec
from core.report.html import esc
from core.report.run import run_report
from core.runs.answers import LearningCurve, Point, Suspect, Suspects
from core.runs.result import Calibration, Reliability
from core.runs.run import Run
from core.runs.store import RunStore
from core.words import LANGUAGES, message, say
from tests.conftest import recipe_for
from tests.core.data.drawn import packed, picture
from tests.ui.fake import HOSTILE, add_events, add_result, make_run


def change(run: Run, **more: Any) -> None:
    run.write_result(replace(run.measured(), **more))


def test_its_numbers_are_those_of_the_run(store: RunStore) -> None:
    run = make_run(store)
    result = run.measured()
    page = run_report(run)
    assert f"{result.test.accuracy:.1%}" in page
    assert f"{result.baselines['tfidf'].macro_f1:.3f}" in page
    assert "sentiment-en.csv" in page
    wrong = run.test_rows()
    assert wrong is not None
    wrong = wrong[wrong["label"] != wrong["predicted"]]
    assert page.count("a test row that stands in the file as") == min(30, len(wrong))
    assert page.count("<svg") == 2  # losses and scores
    assert run_report(run, "zh").startswith('<!doctype html><html lang="zh">')


def test_it_needs_nothing_from_elsewhere_and_no_script(store: RunStore) -> None:
    page = run_report(make_run(store))
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import|https?://", page)
    assert len(page) < 200_000


def test_nothing_in_it_runs(store: RunStore) -> None:
    run = make_run(store, labels=(HOSTILE, "b"), name=HOSTILE[:60], text=("text",))
    rows = run.test_rows()
    assert rows is not None
    rows["text"] = HOSTILE
    run.write_test_rows(rows)
    page = run_report(run)
    assert "<img" not in page
    assert esc(HOSTILE) in page


def test_misclassified_pictures_are_in_it_and_nothing_is_fetched(store: RunStore) -> None:
    files = {f"red/{k}.png": picture("red", k) for k in range(3)}
    pictures = read_archive(packed({**files, f"blue/{HOSTILE[:4]}.png": picture("blue")}))
    run = store.create(recipe_for(pictures), pictures)
    add_events(run, 1.0)
    add_result(run, ("blue", "red"), simple=False)
    rows = run.test_rows()
    assert rows is not None
    names = pictures.frame["file"].tolist()
    rows["text"] = [names[k % len(names)] for k in range(len(rows))]
    rows["predicted"] = rows["label"].map({"blue": "red", "red": "blue"})
    rows.loc[rows.index[0], "text"] = "gone.png"
    run.write_test_rows(rows)
    change(run, settings=TrainSpec(max_length=196, batch_size=16))
    page = run_report(run)
    assert say("train.batch_size") in page
    listed = min(len(rows), ImageModality.mistakes)
    assert page.count('class="tt-name"') == listed
    assert page.count('src="data:image/jpeg;base64,') == listed - 1
    assert page.count("<img") == listed - 1
    assert not re.search(r'(?<!class="tt-thumb" )src=|href=|url\(|@import|https?://|<script', page)
    assert esc(HOSTILE[:4]) in page
    assert "sha256" not in page
    assert say("train.max_length") not in page
    assert len(page) < 300_000


def test_what_others_measured_is_shown_where_it_is_there(store: RunStore) -> None:
    run = make_run(store)
    before = run_report(run)
    result = run.measured()
    ends = {**result.test.intervals, "accuracy": (0.811, 0.887), "macro_f1": (0.8, 0.9)}
    each = tuple(
        replace(one, intervals={**one.intervals, "recall": (0.71, 0.93)})
        for one in result.test.per_class
    )
    off, less = Reliability(0.083, ()), Reliability(0.021, ())
    change(
        run,
        test=replace(result.test, intervals=ends, per_class=each),
        calibration=Calibration(1.4, 32, None, off, less),
    )
    page = run_report(run)
    for part in ("between 81% and 89%", "(0.71–0.93)", "was 0.083 before and is 0.021 now"):
        assert part in page
        assert part not in before
    why = message("calibrate.no_mistakes", rows=32)
    change(run, calibration=Calibration(1.0, 32, why, off, off))
    page = run_report(run)
    assert f"is 0.083 (0 is best). {esc(say(why))}" in page
    assert "were divided" not in page


def test_settings_are_said_as_on_the_page(store: RunStore) -> None:
    run = make_run(store)
    chosen: dict[str, dict[str, Any]] = {
        "adaptive_epochs": {"patience": None, "average": 5},
        "class_balance": {"kind": "focal"},
    }
    run.write_recipe(replace(run.recipe(), techniques=chosen))
    change(run, settings=TrainSpec(max_length=128))
    for language in LANGUAGES:
        page = run_report(run, language)
        assert f"{say('technique.adaptive_epochs.patience', language)} = " in page
        assert say("technique.class_balance.kind.focal", language) in page
        assert "patience=" not in page
        assert say("train.max_length", language) in page


def test_curve_suspects_and_folds_are_in_it_once_they_are_known(store: RunStore) -> None:
    run, other = make_run(store), make_run(store)
    points = tuple(Point(rows, 0.8, 0.01, 0.7 + rows / 1000, 0.02) for rows in (40, 80))
    gain = (0.04, 0.02, 0.06)
    run.write_answer("learning_curve", LearningCurve(points, 10, "embedding", gain, None))
    doubtful = (Suspect(2, "a", "b", "c", 1.0, 0.9, "train"),) * 3
    run.write_answer("suspects", Suspects(9, 0, ("tfidf",), "label", ("b", "c"), doubtful))
    members = [Member(Fold(k, 2), each.id) for k, each in enumerate((run, other))]
    FoldStore(store).create("toy", members, run.id)
    page = run_report(run)
    assert "Going from 40 to 80 rows gained 4.0 points" in page
    assert "simple models, in the column of the first label: 3." in page
    assert say("question.folds.title") in page


def test_the_evidence_of_techniques_is_in_it(store: RunStore) -> None:
    run = make_run(store)
    title = message("technique.freeze.title")
    blocks = (
        Sentence(message("technique.freeze.done", frozen=3, layers=6, share=0.2)),
        Table(title, [title], [[HOSTILE]]),
        Chart(title, title, title, [(1, 2), (3, 4)]),
    )
    change(run, techniques={"freeze": blocks})
    page = run_report(run)
    assert page.count("<svg") == 3
    assert "<img" not in page
    assert esc(HOSTILE) in page


@pytest.mark.parametrize("word", ["سيئ (لا شيء)", "רע (כלום)"])
def test_what_is_written_from_right_to_left_keeps_its_direction(store: RunStore, word: str) -> None:
    """A bracket or a dot at its end would else stand at the wrong side of it."""
    run = make_run(store, labels=(word, "b"))
    rows = run.test_rows()
    assert rows is not None
    rows["text"] = f"{word}!"
    run.write_test_rows(rows)
    title = message("technique.augment.examples")
    change(run, techniques={"augment": (Table(title, [title], [[f"{word}."]]),)})
    page = run_report(run)
    shown = re.findall(rf"<(\w+)([^>]*)>{re.escape(word)}[!.]?<", page)
    # The mistakes, the labels, the evidence, and which label is taken for which.
    assert {tag for tag, _ in shown} == {"td", "th"}
    assert all(attributes.endswith('dir="auto"') for _, attributes in shown)
    assert re.search(rf'<dd dir="auto">[^<]*{re.escape(run.recipe().task.column)}<', page)


def test_a_run_without_a_result_has_no_report(store: RunStore) -> None:
    with pytest.raises(UserError, match="nothing to report"):
        run_report(make_run(store, end="failed", upto=0.2))


def test_the_command_line_writes_it(
    store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = make_run(store), tmp_path / "report.html"
    asked = ["report", run.id, "--runs", str(store.root), "-o", str(out)]
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out)["output"] == str(out)
    assert out.read_text(encoding="utf-8") == run_report(run)
    assert main([*asked[:-1], "/nonexistent/x.html"]) == 2

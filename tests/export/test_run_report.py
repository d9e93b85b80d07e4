"""The report of a run: its numbers are the run's, it stands by itself, and nothing in it runs."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from pathlib import Path

import pytest

from core.__main__ import main
from core.data.picture_table import read_archive
from core.errors import UserError
from core.evaluation.learning_curve import Curve, Point, to_json
from core.export.run_report import run_report
from core.folds import FoldStore, Member
from core.recipe import Fold
from core.runs import Run, RunStore
from core.techniques.evidence import chart, sentence, table
from core.words import LANGUAGES, message, say
from tests.conftest import recipe_for
from tests.data.drawn import packed, picture
from tests.ui.fake import HOSTILE, add_events, add_result, make_run


def change(run: Run, **more: object) -> None:
    run.write_metrics({**(run.metrics() or {}), **more})


def test_its_numbers_are_those_of_the_run(store: RunStore) -> None:
    run = make_run(store)
    metrics = run.metrics() or {}
    page = run_report(run)
    assert f"{metrics['test']['accuracy']:.1%}" in page
    assert f"{metrics['baselines']['tfidf']['macro_f1']:.3f}" in page
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
    assert html.escape(HOSTILE) in page


def test_misclassified_pictures_are_in_it_and_nothing_is_fetched(store: RunStore) -> None:
    files = {f"red/{k}.png": picture("red", k) for k in range(3)}
    pictures = read_archive(packed({**files, f"blue/{HOSTILE[:4]}.png": picture("blue")}))
    run = store.create(recipe_for(pictures), pictures)
    add_events(run, 1.0)
    add_result(run, ("blue", "red"), old=True)
    rows = run.test_rows()
    assert rows is not None
    names = pictures.frame["file"].tolist()
    rows["text"] = [names[k % len(names)] for k in range(len(rows))]
    rows["predicted"] = "green"
    rows.loc[rows.index[0], "text"] = "gone.png"
    run.write_test_rows(rows)
    change(run, settings={"max_length": 196, "batch_size": 16})
    page = run_report(run)
    assert say("train.batch_size") in page
    shown = page.count("red/") + page.count("blue/") + page.count("gone.png")
    assert shown == 24
    assert page.count('src="data:image/jpeg;base64,') == 23
    assert page.count("<img") == 23
    assert not re.search(r'(?<!alt="" )src=|href=|url\(|@import|https?://|<script', page)
    assert html.escape(HOSTILE[:4]) in page
    assert "sha256" not in page
    assert say("train.max_length") not in page
    assert len(page) < 300_000


def test_what_others_measured_is_shown_where_it_is_there(store: RunStore) -> None:
    run = make_run(store)
    before = run_report(run)
    test = (run.metrics() or {})["test"]
    interval = {"accuracy": [0.811, 0.887], "macro_f1": [0.8, 0.9]}
    each = [{**one, "intervals": {"recall": [0.71, 0.93]}} for one in test["per_class"]]
    change(
        run,
        test={**test, "intervals": interval, "per_class": each},
        calibration={"temperature": 1.4, "before": {"ece": 0.083}, "after": {"ece": 0.021}},
    )
    page = run_report(run)
    for part in ("(81.1% – 88.7%)", "(0.71 – 0.93)", "2.1 percentage points (8.3 before"):
        assert part in page
        assert part not in before
    why = message("calibrate.few", rows=32, fewest=50)
    found = {"before": {"ece": 0.083}, "after": {"ece": 0.083}, "skipped": why.to_json()}
    change(run, calibration=found)
    page = run_report(run)
    assert f"8.3 percentage points. {html.escape(say(why))}" in page
    assert "before the confidences were corrected" not in page


def test_settings_are_said_as_on_the_page(store: RunStore) -> None:
    run = make_run(store)
    chosen = {
        "adaptive_epochs": {"patience": None, "average": 5},
        "class_balance": {"kind": "focal"},
    }
    run.write_recipe(dataclasses.replace(run.recipe(), techniques=chosen))
    change(run, settings={"max_length": 128})
    for language in LANGUAGES:
        page = run_report(run, language)
        assert f"{say('technique.adaptive_epochs.patience', language)} = " in page
        assert say("technique.class_balance.kind.focal", language) in page
        assert "patience=" not in page
        assert say("train.max_length", language) in page


def test_curve_suspects_and_folds_are_in_it_once_they_are_known(store: RunStore) -> None:
    run, other = make_run(store), make_run(store)
    points = tuple(Point(rows, 0.8, 0.01, 0.7 + rows / 1000, 0.02) for rows in (40, 80))
    found = Curve(points, 10, "embedding", (0.04, 0.02, 0.06), None)
    run.write_answer("learning_curve", to_json(found))
    run.write_answer("suspects", {"suspects": [{}, {}, {}]})
    members = [Member(Fold(k, 2), each.id) for k, each in enumerate((run, other))]
    FoldStore(store).create("toy", members, run.id)
    page = run_report(run)
    assert "Going from 40 to 80 rows gained 4.0 points" in page
    assert "simple models, in the column of the first label: 3." in page
    assert say("question.folds.title") in page


def test_the_evidence_of_techniques_is_in_it(store: RunStore) -> None:
    run = make_run(store)
    title = message("technique.freeze.title")
    blocks = [
        sentence(message("technique.freeze.done", frozen=3, layers=6, share=0.2)),
        table(title, [title], [[HOSTILE]]),
        chart(title, title, title, [(1, 2), (3, 4)]),
    ]
    change(run, techniques={"freeze": blocks})
    page = run_report(run)
    assert page.count("<svg") == 3
    assert "<img" not in page
    assert html.escape(HOSTILE) in page


@pytest.mark.parametrize("word", ["سيئ (لا شيء)", "רע (כלום)"])
def test_what_is_written_from_right_to_left_keeps_its_direction(store: RunStore, word: str) -> None:
    """A bracket or a dot at its end would else stand at the wrong side of it."""
    run = make_run(store, labels=(word, "b"))
    rows = run.test_rows()
    assert rows is not None
    rows["text"] = f"{word}!"
    run.write_test_rows(rows)
    title = message("technique.augment.examples")
    change(run, techniques={"augment": [table(title, [title], [[f"{word}."]])]})
    page = run_report(run)
    shown = re.findall(rf"<(\w+)([^>]*)>{re.escape(word)}[!.]?<", page)
    # The mistakes, the labels, the evidence, and which label is taken for which.
    assert {tag for tag, _ in shown} == {"td", "th"}
    assert all(attributes.endswith("dir=auto") for _, attributes in shown)
    assert re.search(rf"<dd dir=auto>[^<]*{re.escape(run.recipe().task.column)}<", page)


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

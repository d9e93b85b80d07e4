"""Pictures on the page: thumbnails in tables, the catalogue for them, and what is not asked of them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pandas as pd
import pytest

from core.data.any_file import read_archive
from core.data.checkup import file
from core.data.checkup.finding import CheckupInput
from core.data.pictures.store import MAX_BYTES
from core.data.profile.profile import profile
from core.data.table import Table
from core.evidence import pictures
from core.modalities import by_key
from core.models.catalog import PICTURE_MODELS, TEXT_MODELS
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.report import thumbs
from core.report.evidence import evidence
from core.report.rows import rows_html
from core.report.run import run_report
from core.runs import events
from core.runs.answers import Suspect, Suspects
from core.runs.run import Run
from core.runs.store import RunStore
from core.words import message, say
from core.workflow.corrections import Corrections
from tests.conftest import measured
from tests.core.data.drawn import coloured, packed, picture
from tests.ui.fake import add_events, add_model, add_result, drawn, make_run
from tests.ui.test_pieces import Elements
from ui.kit.words import esc
from ui.server.live import Look
from ui.session import Loaded
from ui.steps.data import overview
from ui.steps.data import step as data
from ui.steps.model import step as model
from ui.steps.result import corrections
from ui.steps.result import step as result
from ui.steps.result.step import ResultStep
from ui.steps.shared.checkup import checkup_html, findings_html
from ui.steps.shared.picked_model import fit_html
from ui.steps.train import step as train

HOSTILE = '"><script>alert(1)</script>.png'


@pytest.fixture
def table() -> Table:
    return read_archive(coloured(6), "shop.zip")


def run_of(store: RunStore, table: Table) -> Run:
    recipe = Recipe(
        DataSpec(table.name, table.fingerprint, table.inputs, modality="image"),
        TaskSpec("label"),
        ModelSpec("efficientnet-lite0"),
    )
    run = store.create(recipe, table)
    run.write_result(measured(["blue", "red"], plain="colours"))
    run.write_test_rows(
        pd.DataFrame(
            {"line": [2], "text": ["red/0.png"], "label": ["red"], "predicted": ["red"]}
            | {"confidence": [0.9], "probabilities": [[0.1, 0.9]]}
        )
    )
    run.append(events.RunStarted())
    add_model(run)
    return run


def test_the_table_shows_the_pictures_and_not_their_sha256(table: Table) -> None:
    seen = profile(table)
    html = overview.preview(table, seen, "en")
    assert html.count('<img class="tt-thumb"') == 12
    assert "red/0.png" in html
    assert table.frame["sha256"].iloc[0] not in html
    assert overview.length_columns(seen, "en") == ""


def test_names_of_strangers_are_text() -> None:
    table = read_archive(packed({f"a/{HOSTILE}": picture(), "b/2.png": picture(number=2)}))
    assert "<script>" not in overview.preview(table, profile(table), "en")


def test_what_could_not_be_read_is_named_in_the_persons_language() -> None:
    files = {f"a/{HOSTILE}": b"none", "a/1.png": picture(), "b/2.png": picture(number=2)}
    table = read_archive(packed(files))
    found = tuple(file.check_file(CheckupInput.of(table, profile(table))))
    html = findings_html(found, "zh")
    assert f"{esc(HOSTILE)}：" in html
    assert say("data.picture.unknown", "zh") in html
    assert say("data.picture.unknown") not in html
    assert "<script>" not in html


def test_there_is_no_column_to_choose(table: Table, store: RunStore) -> None:
    shown = data.show(Loaded(table, profile(table)), store, "en")
    text = shown[5]
    assert text.visible is False
    assert text.value == ["file", "sha256"]
    label, split = shown[6:8]
    assert (label.visible, split.visible) == (False, False), "folders say what the label is"


def test_files_that_cannot_be_used_are_named_in_the_persons_language() -> None:
    files = {f"{label}/{n}.png": picture(number=n) for label in "ab" for n in range(8)}
    table = read_archive(packed({**files, "مثلثات/notes.txt": b"hello"}))
    shown = checkup_html(Loaded(table, profile(table)), "zh")
    assert "无法读取的图片或行：1 个。" in shown
    assert '<bdi dir="ltr">\u2068مثلثات/notes.txt\u2069：它不是 JPEG' in shown
    assert "第 17 行" not in shown


def test_the_settings_name_the_files_alone(store: RunStore, table: Table) -> None:
    run = run_of(store, table)
    add_result(run, ("blue", "red"), simple=False)
    facts = result.settings_html(run.main, run.measured(), "en")
    assert '<dd dir="auto">file</dd>' in facts
    assert "sha256" not in facts


@pytest.mark.parametrize(("kind", "things"), [("image", "picture"), ("text", "row")])
def test_the_frozen_layers_look_at_pictures(
    store: RunStore, table: Table, kind: str, things: str
) -> None:
    run = run_of(store, table) if kind == "image" else make_run(store, upto=0, end="")
    run.append(events.StageStarted(time=200.0, stage="keep", rows=40))
    for seconds in (1, 2, 3):
        run.append(events.RowsDone(time=200.0 + seconds, rows=10 * seconds))
    look = Look(run, run.progress(), "running", stopping=False, has_model=False, before=())
    parts = train.draw(look, "en")
    assert f"look at every {things} once" in parts["verdict"]
    assert "75%" in parts["run-status"]
    assert "before the training begins" in parts["run-status"]


def test_the_catalogue_follows_the_data(store: RunStore, table: Table) -> None:
    cards = model.catalogue("en", "image")
    assert all(entry.title in cards for entry in PICTURE_MODELS)
    assert "MiniLM" not in cards
    assert all(entry.title in model.catalogue("en") for entry in TEXT_MODELS)
    assert model.fitting("minilm", "image", store) == "efficientnet-lite0"
    assert model.fitting("vit-base", "text", store) == "minilm"
    assert model.fitting("vit-base", "image", store) == "vit-base"
    assert model.fitting("somebody/model", "image", store) == "somebody/model"
    key = f"run:{run_of(store, table).id}"
    assert model.fitting(key, "image", store) == key
    assert model.fitting(key, "text", store) == "minilm"
    assert key in model.earlier_runs(store, "en", "image")
    assert key not in model.earlier_runs(store, "en")
    assert fit_html(Loaded(table, profile(table)), "efficientnet-lite0", store, "en") == ""


def test_mistakes_are_shown_with_their_pictures(store: RunStore, table: Table) -> None:
    run = run_of(store, table)
    rows = {
        "line": [1, 2],
        "text": ["red/0.png", "gone.png"],
        "label": ["red", "red"],
        "predicted": ["blue", "blue"],
        "confidence": [0.9, 0.8],
        "probabilities": [[0.9, 0.1], [0.8, 0.2]],
    }
    run.write_test_rows(pd.DataFrame(rows))
    html = rows_html(run.main, ["blue", "red"], "en")
    assert html.count("<img") == 1
    assert html.count("<li>") == 2
    assert html.index("red/0.png") < html.index("gone.png")  # the surer one is first
    assert "<table" not in html
    assert "<li>" not in rows_html(run.main, ["blue", "red"], "en", "0", "1")
    assert thumbs.of_run(run, ["gone.png"]) == [""]


def test_names_and_labels_beside_pictures_are_text(store: RunStore, table: Table) -> None:
    run = run_of(store, table)
    run.write_result(measured(["blue", HOSTILE], plain="colours"))
    row = {"line": 1, "text": HOSTILE, "label": HOSTILE, "predicted": "blue", "confidence": 0.9}
    run.write_test_rows(pd.DataFrame([{**row, "probabilities": [0.9, 0.1]}]))
    html = rows_html(run.main, ["blue", HOSTILE], "en", "1", "0")
    assert "<script" not in html
    assert html.count("<li>") == 1


def test_corrections_are_listed_with_their_pictures(
    store: RunStore, table: Table, tmp_path: Path
) -> None:
    run = run_of(store, table)
    name = HOSTILE.replace("/", "")
    (tmp_path / name).write_bytes(picture("red", 50))
    given, cells = by_key("image").given([str(tmp_path / name)])
    kept = Corrections(run.main).add(cells, ["blue"], "red", given)
    box = drawn(corrections.CorrectionBox)
    shown = box.show(run.main, "en")
    listed, button = shown[box.list], shown[box.again]
    assert listed.count('<img class="tt-thumb"') == 1
    assert "<script" not in listed
    assert cells[1] not in listed  # nobody wants to read a sha256
    assert button.visible is True
    assert "(1)" in button.value
    file = run.path / "corrections" / f"{cells[1]}.jpg"
    sound = file.read_bytes()
    size = sound.index(b"\xff\xc0") + 5  # where a JPEG says how high and wide it is
    for hostile in (b"no picture", sound[:size] + b"\xff" * 4 + sound[size + 4 :], None):
        if hostile is None:
            with file.open("wb") as opened:
                opened.truncate(MAX_BYTES + 1)
        else:
            file.write_bytes(hostile)
        listed = box.show(run.main, "en")[box.list]
        assert "<img" not in listed
        assert f'data-id="{kept.id}"' in listed
    assert Corrections(run.main).picture(kept) is None


def test_a_run_of_pictures_does_not_speak_of_texts(store: RunStore, table: Table) -> None:
    run = run_of(store, table)
    add_events(run, 1.0)
    add_result(run, ("blue", "red"), simple=False)
    rows = run.test_rows()
    assert rows is not None
    rows["text"] = "red/0.png"
    run.write_test_rows(rows)
    doubtful = (Suspect(1, "red/0.png", "red", "blue", 0.9, 0.9, "train"),)
    run.write_answer("suspects", Suspects(12, 0, (), "label", ("blue", "red"), doubtful))
    with gr.Blocks():
        parts = ResultStep().show(run.main, "en").values()
    shown = [part for part in parts if isinstance(part, str)]
    assert sum("<img" in part for part in shown) == 2  # the mistakes, and what looks wrong
    report = re.sub(r"<style>.*?</style>", "", run_report(run), flags=re.DOTALL)
    page = Elements()
    shown = [part for part in shown if not part.startswith("{")]  # what plotly draws
    page.feed("".join([*shown, report, overview.preview(table, profile(table), "en")]))
    assert not re.findall(
        r".{30}\b(?:texts?|words?|language model)\b.{9}", page.text, re.IGNORECASE
    )


def test_a_grid_of_altered_pictures_is_drawn() -> None:
    pixels = np.zeros((20, 30, 3), dtype=np.uint8)
    block = pictures(message("technique.augment_pictures.examples"), [[pixels, pixels, pixels]])
    html = evidence({"augment_pictures": [block]}, "en")
    assert html.count("<img") == 3


def test_a_run_without_pictures_has_none(store: RunStore, table: Table) -> None:
    plain = dataclasses.replace(table, pictures=None)
    recipe = Recipe(
        DataSpec(plain.name, plain.fingerprint, ("file",)), TaskSpec("label"), ModelSpec("minilm")
    )
    assert thumbs.of_run(store.create(recipe, plain), ["red/0.png"]) == [""]

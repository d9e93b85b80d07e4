"""Corrections are kept, checked, forgotten, and become rows of the next training."""

from __future__ import annotations

import dataclasses
import json
import math
import threading
from pathlib import Path

import pytest

from core.data.any_file import read_archive
from core.data.checkup.edits import undo_edit
from core.data.pictures.rows import read_files
from core.data.read.table import read
from core.errors import UserError
from core.modalities import by_key, modality_of
from core.modalities.base import Modality
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs.run import Run
from core.runs.store import RunStore
from core.workflow import corrections
from core.workflow.corrections import FILE, Corrections, corrected
from tests.conftest import measured, recipe_for
from tests.core.data.drawn import coloured, picture
from tests.ui.fake import HOSTILE, make_run


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("corrections"))


def test_what_is_kept_is_found_again(store: RunStore) -> None:
    run = make_run(store)
    kept = Corrections(run.main)
    first = kept.add((f"{HOSTILE}\nand \u2028 more",), ["negative"], "positive")
    second = kept.add(("好",), ["positive"])
    assert Corrections(store.get(run.id).main).all() == [first, second]
    assert (first.label, first.said, first.column) == ("negative", "positive", "label")
    kept.delete("nothing")
    kept.delete(first.id)
    assert kept.all() == [second]


def test_the_last_word_on_a_text_is_the_one_that_is_kept(store: RunStore) -> None:
    """So that the list, its heading, the button and the new rows count the same."""
    kept = Corrections(make_run(store).main)
    kept.add(("odd one",), ["positive"])
    other = kept.add(("another",), ["negative"])
    last = kept.add(("odd one",), ["negative"])
    assert kept.all() == [other, last]
    assert len(kept.latest()) == 2


def test_damaged_lines_cost_only_themselves(store: RunStore) -> None:
    run = make_run(store)
    kept = Corrections(run.main)
    made = kept.add(("fine",), ["positive"])
    with (run.path / FILE).open("ab") as file:
        file.write(b'{"id": 1}\n[]\nnull\n\xff\xfe\n{"texts": [3], "id": "x", "time": 1}\n')
        for odd in (math.nan, math.inf, -1e300, 10**400):  # no time that there is
            file.write(json.dumps({**dataclasses.asdict(made), "time": odd}).encode() + b"\n")
    assert kept.all() == [made]
    kept.delete(made.id)  # what cannot be read is not thrown away with it
    assert (run.path / FILE).read_bytes().startswith(b'{"id": 1}')
    made = kept.add(("fine",), ["positive"], "\ud800")
    assert len({each.id for each in [made, kept.add(("poor",), ["negative"])]}) == 2
    assert len(kept.all()) == 2


@pytest.mark.parametrize(
    ("texts", "labels", "key"),
    [
        (("a text",), ["neutral"], "correction_label"),
        (("a text",), [], "correction_label"),
        (("a text",), ["positive", "negative"], "correction_label"),
        ((" \n",), ["positive"], "correction_text"),
        (("a", "b"), ["positive"], "correction_text"),
        ((), ["positive"], "correction_text"),
        (("x" * 20_001,), ["positive"], "correction_long"),
        (("a\0b",), ["positive"], "correction_long"),
        (("a\ud800b",), ["positive"], "correction_long"),
    ],
)
def test_what_is_no_row_is_refused(
    store: RunStore, texts: tuple[str, ...], labels: list[str], key: str
) -> None:
    run = make_run(store)
    with pytest.raises(UserError) as error:
        Corrections(run.main).add(texts, labels)
    assert error.value.args == (key,)
    assert error.value.hint
    assert not (run.path / FILE).exists()


def test_there_is_a_limit(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST", 2)
    kept = Corrections(make_run(store).main)
    for word in ("one", "two"):
        kept.add((word,), ["positive"])
    with pytest.raises(UserError) as error:
        kept.add(("three",), ["positive"])
    assert error.value.args == ("corrections_full",)


def test_several_at_once_lose_none(store: RunStore) -> None:
    kept = Corrections(make_run(store).main)
    threads = [
        threading.Thread(target=lambda n=n: kept.add((f"text {n}",), ["positive"]))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.texts[0] for each in kept.all()} == {f"text {n}" for n in range(12)}


def test_a_text_may_have_several_labels_and_rows_a_side(store: RunStore) -> None:
    lines = "".join(
        f"text {n},{'red;blue' if n % 2 else 'red'},{'dev' if n > 9 else 'Training'}\n"
        for n in range(20)
    )
    table = read(f"body,colour,split\n{lines}".encode(), "t.csv")
    recipe = Recipe(
        DataSpec(table.name, table.fingerprint, ("body",), "split"),
        TaskSpec("colour", ";"),
        ModelSpec("minilm"),
    )
    run = store.create(recipe, table)
    run.write_result(measured(["blue", "green", "red"], ";"))
    Corrections(run.main).add(("new",), ["red", "green"])
    assert corrected(run)[0].frame.iloc[-1].tolist() == ["new", "green; red", "Training"]


def test_they_become_rows_of_the_table(store: RunStore) -> None:
    run = make_run(store)
    with pytest.raises(UserError) as error:
        corrected(run)
    assert error.value.args == ("corrections_none",)
    kept = Corrections(run.main)
    kept.add(("odd one",), ["positive"])
    kept.add(("another",), ["negative"])
    kept.add(("odd one",), ["negative"])
    table, recipe, rows = corrected(run)
    assert rows == 2
    assert len(table.frame) == len(run.table().frame) + 2
    assert table.frame.tail(2)[["text", "label"]].to_numpy().tolist() == [
        ["another", "negative"],
        ["odd one", "negative"],
    ]
    assert recipe.data.fingerprint == table.fingerprint != run.recipe().data.fingerprint
    again = store.create(recipe, table)
    assert again.recipe().to_json() == recipe.to_json()
    assert json.loads(recipe.to_json())["data"]["edits"][0]["kind"] == "add_rows"
    assert again.table().fingerprint == table.fingerprint


def pictures_run(store: RunStore) -> Run:
    table = read_archive(coloured(4), "shop.zip")
    run = store.create(recipe_for(table, model="efficientnet-lite0"), table)
    run.write_result(measured(["blue", "red"]))
    return run


def given(folder: Path, number: int, name: str = "image.png") -> tuple[Modality, tuple[str, ...]]:
    """As somebody gives a picture; cameras call each the same."""
    file = folder / name
    file.write_bytes(picture("green", number))
    return by_key("image").given([str(file)])


def test_a_picture_is_kept_with_its_right_label_and_forgotten(
    store: RunStore, tmp_path: Path
) -> None:
    run = pictures_run(store)
    kept = Corrections(run.main)
    modality, cells = given(tmp_path, 1)
    first = kept.add(cells, ["red"], "blue", modality)
    again = kept.add(cells, ["blue"], "red", modality)
    assert cells[0] == "image.png"
    found = Corrections(store.get(run.id).main).picture(first)
    assert found is not None
    table = read_files([tmp_path / "image.png"])
    assert table.pictures is not None
    assert found.jpeg == table.pictures.jpeg(cells[1])
    kept.delete(first.id)
    assert kept.picture(again) is not None  # another correction names it
    kept.delete(again.id)
    assert kept.picture(again) is None
    assert not list((run.path / "corrections").iterdir())


def test_a_picture_is_needed_where_pictures_were_learned(store: RunStore, tmp_path: Path) -> None:
    run = pictures_run(store)
    modality, cells = given(tmp_path, 1)
    with pytest.raises(UserError) as error:
        Corrections(run.main).add(cells, ["red"])
    assert error.value.args == ("pictures_missing",)
    with pytest.raises(UserError) as error:
        Corrections(run.main).add((cells[0], "../../etc/passwd"), ["red"], "", modality)
    assert error.value.args == ("pictures_missing",)
    assert Corrections(run.main).all() == []
    with pytest.raises(UserError) as error:
        by_key("image").given(["a.png", "b.png"])
    assert error.value.args == ("pictures_one",)
    with pytest.raises(UserError, match="columns: file") as error:
        Corrections(run.main).add(("", ""), ["red"], "", modality)
    assert error.value.args == ("correction_text",)


def test_pictures_become_rows_with_their_pictures(store: RunStore, tmp_path: Path) -> None:
    run = pictures_run(store)
    kept, before = Corrections(run.main), run.table()
    for number, label in ((1, "red"), (2, "red"), (1, "blue")):
        modality, cells = given(tmp_path, number)
        kept.add(cells, [label], "", modality)
    renamed, cells = given(tmp_path, 2, "other.png")
    kept.add(cells, ["blue"], "", renamed)
    table, recipe, rows = corrected(run)
    assert rows == 2  # the same picture under another name is the same
    new = table.frame.tail(2)
    assert new["label"].tolist() == ["blue", "blue"]
    assert new["file"].str.fullmatch(r"corrections/[0-9a-f]{8}/(image|other)\.png").all()
    assert table.frame["file"].is_unique
    again = store.create(recipe, table)
    modality = modality_of(again.table())
    inputs = modality.inputs(again.table().frame, recipe.data.text)
    assert all(modality.kept(each) for each in inputs)
    assert all(again.thumbnails(new["file"].tolist(), 40))
    original = again.table().original
    assert original is not None
    assert original.frame.equals(before.frame)
    assert undo_edit(again.table(), 0).fingerprint == before.fingerprint
    further = Corrections(again.main)
    again.write_result(measured(["blue", "red"]))
    modality, cells = given(tmp_path, 3)
    further.add(cells, ["red"], "", modality)
    table, recipe, _ = corrected(again)
    third = store.create(recipe, table)
    assert all(third.thumbnails(third.table().frame["file"].tolist(), 40))


def test_a_picture_that_is_gone_is_said_to_be(store: RunStore, tmp_path: Path) -> None:
    run = pictures_run(store)
    modality, cells = given(tmp_path, 1)
    Corrections(run.main).add(cells, ["red"], "", modality)
    (run.path / "corrections" / f"{cells[1]}.jpg").unlink()
    with pytest.raises(UserError) as error:
        corrected(run)
    assert error.value.args == ("correction_gone",)
    assert error.value.hint

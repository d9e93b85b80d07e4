"""Texts without labels: from a table or from plain lines, never those that are tested on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.data.read.table import read
from core.data.read.unlabelled import read_unlabelled, text_columns
from core.errors import UserError
from core.jobs.queue import new_run
from core.recipe import ExtraSpec, Recipe
from core.runs.store import RunStore
from core.training.rows import Rows
from tests.conftest import recipe_for, sentiment_csv


def test_plain_lines_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_bytes("\ufeffone, with a comma\r\n\r\n  \r\nzwei\r\n".encode())
    table = read_unlabelled(file)
    assert table.frame["text"].tolist() == ["one, with a comma", "zwei"]
    assert table.frame.index.tolist() == [1, 4]
    assert text_columns(table, ("review",)) == ("text",)
    file.write_bytes(b"\n \n")
    with pytest.raises(UserError, match="empty"):
        read_unlabelled(file)


def test_plain_lines_that_are_none_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    long = "one\u2028line\x0bstill\x85it".encode()
    file.write_bytes("schön\n".encode() * 9 + long + b"\ndamaged \xff\nzero \0\nlast\n")
    table = read_unlabelled(file)
    assert table.frame.loc[10, "text"] == long.decode()
    assert [row.line for row in table.bad_rows] == [11, 12]
    assert table.frame.index.tolist() == [*range(1, 11), 13]
    file.write_bytes("schöne Qualität, spät\n".encode("mac_roman") * 9)
    assert [note.key for note in read_unlabelled(file).notes] == ["data.note.encoding_guessed"]


def test_the_same_columns_count_where_they_are_there(tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    lines = [f"{n},{n % 3},this is a longer text about number {n} of them" for n in range(30)]
    file.write_text("\n".join(["id,mark,comment", *lines]))
    table = read_unlabelled(file)
    assert text_columns(table, ("comment",)) == ("comment",)
    assert text_columns(table, ("review",)) == ("comment",)  # what looks like a text
    file.write_text("\n".join(["id,mark", *(f"{n},{n % 3}" for n in range(30))]))
    with pytest.raises(UserError, match="looks like a text"):
        text_columns(read_unlabelled(file), ("review",))


def test_they_are_read_but_for_those_that_are_tested_on(store: RunStore) -> None:
    table = read(sentiment_csv(60), "toy.csv")
    plain = recipe_for(table, techniques={"continued_pretraining": {}})
    rows = Rows.of(table, plain, store)
    tested = [rows.texts[i][0] for i in rows.split.test]
    extra = read("\n".join(["text", "something new", *tested]).encode(), "more.csv")
    named = ExtraSpec(extra.name, extra.fingerprint, ("text",))
    recipe = dataclasses.replace(plain, data=dataclasses.replace(plain.data, extra=named))
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Rows.of(table, recipe, store, extra).unlabelled == [("something new", None)]

    run = new_run(store, table, recipe, extra)
    kept = run.extra()
    assert kept is not None
    assert kept.fingerprint == extra.fingerprint
    other = read(b"text\nexchanged\n", "more.csv")
    with pytest.raises(UserError):
        Rows.of(table, recipe, store, other)
    unused = dataclasses.replace(recipe, techniques={})
    with pytest.raises(UserError, match="continued pre-training is not ticked"):
        new_run(store, table, unused, extra)

"""What is no table is named, with what to do about a file of that kind; a table is not mistaken for one."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sqlite3
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from core.data.read.table import read
from core.data.read.unlabelled import read_unlabelled
from core.errors import UserError


def error(data: bytes) -> UserError:
    with pytest.raises(UserError) as caught:
        read(data)
    assert caught.value.message
    assert caught.value.hint
    return caught.value


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, kind)
    return out.getvalue()


def database(folder: Path) -> bytes:
    file = folder / "x.db"
    with sqlite3.connect(file) as opened:
        opened.execute("create table t (text, label)")
    return file.read_bytes()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a.csv"), io.BytesIO(b""))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "key", "name"),
    [
        *((picture(kind), "picture", kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF")),
        (picture("WEBP"), "picture", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "picture", "HEIC"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n",
            "pointer",
            "Git LFS",
        ),
        (b"[InternetShortcut]\nURL=https://example.org\n", "link", "URL"),
        (b"{'text': 'a', 'label': 'b'}\n" * 9, "python", "Python"),
        (b"[02.01.24, 10:00:12] Ann: good, again\n" * 4, "chat", "WhatsApp"),
        (b"1/2/24, 10:00 PM - Ann: good, again\n" * 4, "chat", "WhatsApp"),
        (b"From a@b Mon Jan 1 00:00:00 2024\nSubject: x\n\nbody\n", "mail", "mbox"),
        (b'version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - hi\n    - ho\n', "yaml", "YAML"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0", "sound", "WAV"),
        (b"ID3\x03\0\0\0\0\0\x21TIT2", "sound", "MP3"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "sound", "MP4"),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf", "PDF"),
        (rb"{\rtf1\ansi hello, you}", "document", "RTF"),
        (gzip.compress(b"text,label\na,b\n", mtime=0), "packed", "GZIP"),
        (tar(), "packed", "TAR"),
        (pickle.dumps({"text": ["a"]}), "frame", "pickle"),
        (b"\x93NUMPY\x01\0v\0", "frame", "NumPy"),
        (b"$FL2@(#) SPSS DATA FILE", "statistics", "SPSS"),
        (b"MZ\x90\0\x03\0\0\0", "program", "EXE"),
        (b"-- MySQL dump 10.13\n\nDROP TABLE IF EXISTS `t`;\n", "database", "SQL"),
        (b"INSERT INTO t VALUES (1, 'a', 'b');\n" * 9, "database", "SQL"),
        (b"% weka\n@relation t\n@attribute text string\n@data\n'a',b\n", "arff", "ARFF"),
        (b"<!DOCTYPE html>\n<html><body><p>Please log in, now</p></body></html>", "web", "HTML"),
        (b'<?xml version="1.0"?>\n<rows><row text="a" label="b"/></rows>', "xml", "XML"),
        (b"- text: good, yes\n  label: a\n- text: bad\n  label: b\n", "yaml", "YAML"),
        (b"1 3:0.5 17:1.25\n-1 2:1 4:0.1\n1 3:2 9:1e-3 # x\n", "svmlight", "SVMlight"),
        (b"EU B-ORG\nrejects O\nGerman B-MISC\ncall O\n. O\n\nPeter B-PER\n", "conll", "CoNLL"),
        (b"From: a@b.c\nTo: d@e.f\nSubject: x\n\nhello, you\n", "mail", "E-Mail"),
    ],
)
def test_what_is_no_table_is_named(data: bytes, key: str, name: str) -> None:
    found = error(data)
    assert found.what.key == f"error.kind.{key}"
    assert found.what.values["kind"] == name


def test_a_database_is_named(tmp_path: Path) -> None:
    assert error(database(tmp_path)).what.key == "error.kind.database"


@pytest.mark.parametrize(
    "name",
    ["BMW", "MZ", "ORC", "Obj", "RIFF", "ID3", "BZh", "insert into", "create table", "--- a", "- a", "From",
     "PK", "{text}", "[text]", "<b>", "%", "GIF8", "OggS", "RDX", "text 1:2", "O"],
)  # fmt: skip
def test_tables_that_begin_with_such_words_are_tables(name: str) -> None:
    if name in ("insert into", "create table"):
        name += "s"
    table = read(f"{name},label\n".encode() + b"some text,x\nmore text,y\n" * 4)
    assert list(table.frame.columns) == [name, "label"]
    assert len(table.frame) == 8


# --- fastText ---


def test_fasttext_is_read() -> None:
    lines = [
        *("__label__good I like it, really", "__label__bad no good", "", "__label__good fine\tone"),
        *("__label__bad", "__label__good __label__fast quick and good"),
    ]
    table = read("\n".join(lines * 3).encode(), "train.txt")
    assert table.format == "fastText"
    assert list(table.frame.columns) == ["text", "label"]
    assert table.frame["text"].tolist()[:3] == ["I like it, really", "no good", "fine one"]
    assert table.frame["label"].tolist()[:5] == ["good", "bad", "good", "bad", "good;fast"]
    assert list(table.frame.index)[:4] == [1, 2, 4, 5]


def test_labels_of_fasttext_may_stand_at_the_end_and_hold_separators() -> None:
    table = read(b"good one __label__a;b\nbad one __label__c __label__d\n" * 5)
    assert table.frame["text"].tolist()[:2] == ["good one", "bad one"]
    assert table.frame["label"].tolist()[:2] == ["a;b", "c|d"]


def test_a_table_with_such_labels_is_a_table() -> None:
    table = read(b"label,text\n__label__a,good one\n__label__b,bad one\n" * 1)
    assert table.format == "CSV"
    assert list(table.frame.columns) == ["label", "text"]


def test_fasttext_as_texts_without_labels(tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_text("__label__a good one\n__label__b bad one\n")
    assert read_unlabelled(file).frame["text"].tolist() == ["good one", "bad one"]


# --- zeros ---


def test_a_zero_byte_costs_its_row_alone() -> None:
    rows = [f"text {n},{'xy'[n % 2]}" for n in range(40)]
    rows[7] = "a\0b,x"
    table = read(("text,label\n" + "\n".join(rows)).encode())
    assert len(table.frame) == 39
    (bad,) = table.bad_rows
    assert (bad.line, bad.reason.key) == (9, "data.bad.no_character")
    assert "\0" not in bad.text
    latin = read(("text,label\n" + "\n".join([*rows, "schön,x"])).encode("cp1252"))
    assert [row.line for row in latin.bad_rows] == [9]


def test_a_zero_byte_in_json_lines() -> None:
    rows = [json.dumps({"text": f"t{n}", "label": "x"}) for n in range(9)]
    rows[4] = '{"text": "a\0", "label": "x"}'
    table = read("\n".join(rows).encode())
    assert len(table.frame) == 8
    assert [row.line for row in table.bad_rows] == [5]

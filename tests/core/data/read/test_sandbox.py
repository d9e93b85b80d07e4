"""Strangers' files: bounded in memory, time and number, whatever is in them, and refused politely."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path

import psutil
import pytest

from core.data.any_file import read_any
from core.data.archives import sandbox as archives
from core.data.read import child_process, grid
from core.data.read.sandbox import LIMITS
from core.data.read.sniff import kind_of_text
from core.data.read.table import read
from core.errors import UserError
from tests.core.data.csv_tables import cells, error
from tests.core.data.office import ods, xlsb, xlsx

pytestmark = pytest.mark.sandboxed

ROOT = Path(__file__).resolve().parents[4]


def sheet_with(cell: str) -> bytes:
    return xlsx({"S": {1: ["text", ("raw", cell)]}})


@pytest.mark.parametrize(
    "far",
    [
        '<c r="XFE1"><v>1</v></c>',
        '<c r="AAAA1"><v>1</v></c>',
        "<c r='B1048577'><v>1</v></c>",
        '<c s="3" r = "B4294967295"><v>1</v></c>',
        '</row><row r="4294967295"><c r="A4294967295"><v>1</v></c>',
        f'<c r="B{"9" * 40}"><v>1</v></c>',
    ],
)
def test_cells_beyond_the_last_of_any_sheet_are_refused(far: str) -> None:
    assert error(sheet_with(far)) == "file_far_cell"


def test_a_text_about_such_a_cell_is_none() -> None:
    table = read(xlsx({"S": [["text", "label"], ['row r="B9999999" of it', "x"]]}))
    assert cells(table) == [['row r="B9999999" of it', "x"]]


def test_one_long_text_in_many_cells_is_refused_within_the_memory() -> None:
    shared = ("raw", '<c t="s"><v>0</v></c>')
    text = f"<sst><si><t>{'a' * 30_000}</t></si></sst>".encode()
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" Target="worksheets/sheet1.xml" Type="http://schemas.openxmlformats'
        b'.org/officeDocument/2006/relationships/worksheet"/><Relationship Id="r2" Target='
        b'"sharedStrings.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/sharedStrings"/></Relationships>'
    )
    files = {"xl/sharedStrings.xml": text, "xl/_rels/workbook.xml.rels": relations}
    data = xlsx({"S": [["text"], *[[shared]] * 60_000]}, extra=files)
    assert len(data) < 500_000
    assert error(data) in ("file_needs_memory", "too_much_text")


def test_more_text_than_any_table_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_TEXT", 100)
    assert error(b'{"text": "%s"}\n' % (b"a" * 101)) == "too_much_text"


def test_more_wrong_rows_than_any_table_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_BAD", 10)
    assert error(b'{"text": "a"}\n' + b"x\n" * 11) == "too_many_bad"
    assert error(b"text,label\n" + b"a,b\n" * 50 + b"x,y,z\n" * 11) == "too_many_bad"
    assert len(read(b'{"text": "a"}\n' + b"x\n" * 10).bad_rows) == 10


FEW = b"text,n\n" + b"a text,b\n" * 9


@pytest.mark.parametrize(
    "data",
    [
        b"text\n" + b'"a b" ' * 26 + b" x\n",
        b'text\n"' + b"a " * 40_000 + b"\n",
        b"a,b\nx,y\n" + b"i" + b" a=======" * 12 + b" x,c\n" + FEW,
        b"text,n\n" + b"(" * 95_000 + b",b\n" + FEW,
        FEW + b"Total," + b"1" * 60_000 + b"x\n",
        FEW + b'"total ' + b"1" * 60_000 + b'\nx",\n',
        b'"a","b"\n' + b'"said \\"x\\" \\q","y"\n' * 9 + b'"' + b"\\" * 80_000 + b'","y"\n',
    ],
    ids=["cells", "quote", "flags", "brackets", "number", "total", "backslashes"],
)
def test_no_cell_takes_the_square_of_its_length(data: bytes) -> None:
    begun = time.process_time()
    with contextlib.suppress(UserError):
        read(data)
    assert time.process_time() - begun < 2


def test_comments_before_a_page_are_looked_through_once() -> None:
    begun = time.process_time()
    assert kind_of_text("<!--a-->" * 26 + "x") is None
    assert time.process_time() - begun < 2
    for page in ("<!-- saved\nfrom --> <html>", "<?xml version='1.0'?><!-- - -- --><table>"):
        found = kind_of_text(page)
        assert found is not None
        assert found.key == "web"


@pytest.mark.parametrize("before", [b"", b" " * 5_000, b"\x80", b"\0\n\xff\xfe"])
def test_the_parser_of_pages_never_runs_here(
    before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "MAX_WAIT_SECONDS", 0)
    with LIMITS.turns.taken(0), LIMITS.turns.taken(0):
        assert error(before + b"<table><tr><td>text</td></tr></table>") == "file_busy"


@pytest.mark.parametrize(
    "document",
    [
        {f"a{n}": {str(n): 1} for n in range(3_000)},
        {
            "x": [
                {"tag": t, "patterns": ["a"] * 900, **{f"{n}": 0 for n in range(900)}} for t in "ab"
            ]
        },
    ],
    ids=["keyed", "phrases"],
)
def test_a_document_is_never_larger_than_its_table(document: object) -> None:
    data = json.dumps(document).encode()
    tracemalloc.start()
    try:
        assert error(data) == "too_many_columns"
        assert tracemalloc.get_traced_memory()[1] < 30 * 2**20
    finally:
        tracemalloc.stop()


def test_only_so_many_files_are_read_at_a_time() -> None:
    turns = child_process.Turns(at_once=2, waiting=1)
    waiting, answers = threading.Event(), list[str]()

    def third() -> None:
        waiting.set()
        with turns.taken(60):
            answers.append("its turn")

    with turns.taken(0):
        with turns.taken(0):
            thread = threading.Thread(target=third)
            thread.start()
            assert waiting.wait(60)
            while turns.places():
                thread.join(0.01)
            with pytest.raises(UserError) as caught, turns.taken(60):
                pass
            assert caught.value.what.key == "error.file_busy"
            assert not answers
        thread.join(60)
        assert answers == ["its turn"]
        with turns.taken(0), pytest.raises(UserError), turns.taken(0):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_a_reader_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    file = tmp_path / "long.xlsx"
    file.write_bytes(xlsx({"S": [["text", "label"], *[["a text", "x"]] * 200_000]}))
    script = "import sys, pathlib; from core.data.read.table import read; read(pathlib.Path(sys.argv[1]))"
    parent = psutil.Popen([sys.executable, "-c", script, str(file)], cwd=ROOT)
    try:
        readers: list[psutil.Process] = []
        while not readers and parent.poll() is None:
            readers = [
                each for each in parent.children() if "core.data.read.sandbox" in each.cmdline()
            ]
        assert readers
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(readers, timeout=30)
    assert not alive


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("status", "last", "key"),
    [
        (-signal.SIGXCPU, "", "file_slow"),
        (-signal.SIGALRM, "", "file_slow"),
        (-signal.SIGKILL, "", "file_needs_memory"),
        (child_process.NO_MEMORY, "", "file_needs_memory"),
        (-signal.SIGABRT, "memory allocation of 48 bytes failed", "file_needs_memory"),
        (-signal.SIGABRT, "thread 'main' panicked at src/xls.rs", "file_damaged"),
        (-signal.SIGSEGV, "", "file_damaged"),
        (1, "Traceback ...", "file_damaged"),
    ],
)
def test_the_end_of_a_reader_says_what_is_wrong(status: int, last: str, key: str) -> None:
    assert child_process.error_of_exit("Excel", status, last, LIMITS).what.key == f"error.{key}"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_of_an_archive_that_takes_too_long_nobody_is_told_to_copy_columns() -> None:
    error = child_process.error_of_exit("ZIP", -signal.SIGXCPU, "", archives.LIMITS)
    assert (error.what.key, error.what.values) == ("error.archive_slow", {"seconds": 300})


@pytest.mark.parametrize(
    "data",
    [
        xlsx({"S": {1: ["text", ("raw", '<c r="XFD1"><v>3</v></c>')], 1_048_576: ["end"]}}),
        xlsx({"S": [["text"], [("raw", '<c r="A2" t="s"><v>7</v></c>')]]}),
        b"PAR1" + b"\xff" * 200 + b"PAR1",
    ],
    ids=["memory", "damaged", "parquet"],
)
def test_nothing_precedes_a_polite_message(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "core", "check", str(file)],
        cwd=ROOT,
        env={**os.environ, "RUST_BACKTRACE": "full"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]


# --- which kind of office file it is ---


def container(stream: str) -> bytes:
    name = f"{stream}\0".encode("utf-16-le").ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + name + bytes(384)


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (container("EncryptedPackage"), "file_locked"),
        (container("WordDocument"), "kind.document"),
        (container("PowerPoint Document"), "kind.document"),
        (container("Workbook"), "file_damaged"),
        (packed("[Content_Types].xml", "word/document.xml"), "kind.document"),
        (packed("[Content_Types].xml", "ppt/presentation.xml"), "kind.document"),
        (packed("Index/Document.iwa", "Index/Tables/DataList.iwa", "preview.jpg"), "kind.iwork"),
        (packed("Index.zip", "preview.jpg"), "kind.iwork"),
    ],
)
def test_office_files_are_called_what_they_are(data: bytes, key: str, tmp_path: Path) -> None:
    file = tmp_path / "file.zip"
    file.write_bytes(data)
    with pytest.raises(UserError) as caught:
        read_any(file)
    assert caught.value.what.key == f"error.{key}"
    assert caught.value.hint


def test_binary_and_open_workbooks_are_read() -> None:
    table = read(xlsb({1: ["text", "label"], 2: ["a", "x"], 4: ["b", "y"]}))
    assert (table.format, cells(table), list(table.frame.index)) == (
        "Excel",
        [["a", "x"], ["b", "y"]],
        [2, 4],
    )
    table = read(ods([["text", "label"], ["a", "x"], ["b", "y"]]))
    assert (table.format, cells(table)) == ("OpenDocument", [["a", "x"], ["b", "y"]])


@pytest.mark.parametrize(
    "data",
    [
        xlsb({1: ["text", "label"], 4_000_000_000: ["a", "x"]}),
        ods([["text"]], '<table:table-row table:number-rows-repeated="99999999">'
            '<table:table-cell office:value-type="string" table:number-columns-repeated="9999">'
            "<text:p>a</text:p></table:table-cell></table:table-row>"),
    ],
    ids=["xlsb", "ods"],
)  # fmt: skip
def test_their_far_cells_are_refused_too(data: bytes) -> None:
    assert error(data) in ("file_needs_memory", "file_far_cell", "file_damaged", "no_rows")

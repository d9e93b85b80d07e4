"""The right columns are found, unusable rows are listed, and traps are named."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from core.data.profile.profile import (
    dropped_csv,
    join_text,
    profile,
    raise_if_unlearnable,
    usable_rows,
)
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from tests.core.data.csv_tables import as_csv

TALK = "the room was very clean and quiet but breakfast could have been a little better"
WORDS = TALK.split()


def sentence(number: int) -> str:
    return " ".join([*WORDS[: 4 + number % 9], f"number {number}"])


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "label")) -> Table:
    return read(as_csv([list(header), *map(list, rows)]).encode())


def reviews(count: int = 40, labels: Sequence[str] = ("good", "bad")) -> list[list[str]]:
    return [[sentence(number), labels[number % len(labels)]] for number in range(count)]


def error(source: Table, **columns: object) -> str:
    with pytest.raises(UserError) as caught:
        raise_if_unlearnable(profile(source, **columns))  # type: ignore[arg-type]
    assert caught.value.message
    assert caught.value.hint
    return caught.value.what.key.removeprefix("error.")


# --- columns ---


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        (("id", "text", "label"), ["id", "text", "label"]),
        (("A", "B", "C"), ["id", "text", "label"]),
        (("编号", "评论", "标签"), ["id", "text", "label"]),
        (("ID", "Message Text", "Category"), ["id", "text", "label"]),
        (("label", "内容", "情感"), ["id", "text", "label"]),
    ],
)
def test_columns_are_found_by_name_and_by_form(header: Sequence[str], roles: list[str]) -> None:
    rows = [[str(1000 + n), *row] for n, row in enumerate(reviews())]
    found = profile(table(rows, header))
    assert [column.role for column in found.columns] == roles
    assert (found.text, found.label) == ((header[1],), header[2])
    assert found.usable == 40
    raise_if_unlearnable(found)


def test_chinese_texts_have_no_spaces() -> None:
    rows = [
        [f"这家酒店的服务{'很好' if n % 2 else '很差'}，第{n}次来", "正负"[n % 2]]
        for n in range(30)
    ]
    found = profile(table(rows, ("A", "B")))
    assert (found.text, found.label, found.script) == (("A",), "B", "han")


def test_numbers_can_be_labels_but_quantities_cannot() -> None:
    rows = [[f"{n * 1.37:.2f}", text, str(n % 2)] for n, (text, _) in enumerate(reviews())]
    found = profile(table(rows, ("price", "review", "y")))
    assert [column.role for column in found.columns] == ["number", "text", "label"]
    assert found.label == "y"


def test_best_of_several_labels_and_why() -> None:
    rows = [[*row, f"d{n % 3}"] for n, row in enumerate(reviews())]
    found = profile(table(rows, ("text", "sentiment", "domain")))
    assert found.label == "sentiment"
    assert found.why_label.values["others"] == "domain"
    sparse = [[text, "x" if n < 4 else "", label] for n, (text, label) in enumerate(reviews())]
    assert profile(table(sparse, ("A", "B", "C"))).label == "C"


@pytest.mark.parametrize(
    "values", [("train", "test"), ("Training", "dev", "TEST"), ("训练", "测试")]
)
@pytest.mark.parametrize("name", ["split", "C"])
def test_split_column(values: Sequence[str], name: str) -> None:
    rows = [[*row, values[n % len(values)]] for n, row in enumerate(reviews())]
    found = profile(table(rows, ("text", "label", name)))
    assert (found.label, found.split) == ("label", name)
    assert profile(table(rows, ("text", "label", name)), split="").split is None


def test_codes_are_texts_where_they_are_called_so_or_nothing_else_is_there() -> None:
    called = [[f"t{n}", "ab"[n % 2]] for n in range(30)]
    assert profile(table(called)).text == ("text",)
    molecules = [["C" * (12 + n % 5) + f"=O{n}", "ab"[n % 2]] for n in range(30)]
    assert profile(table(molecules, ("smiles", "toxic"))).text == ("smiles",)
    with_text = [[*row, sentence(n)] for n, row in enumerate(molecules)]
    assert profile(table(with_text, ("smiles", "toxic", "note"))).text == ("note",)
    orders = [[f"2026-{n:06}", "ab"[n % 2]] for n in range(30)]
    assert profile(table(orders, ("Auftrag", "Art"))).text != ("Auftrag",)


def test_an_id_that_repeats_is_no_label() -> None:
    rows = [[text, f"tmpl-{n // 4}", label] for n, (text, label) in enumerate(reviews())]
    found = profile(table(rows, ("text", "template_id", "kind")))
    assert found.label == "kind"


def test_chosen_columns_are_used() -> None:
    rows = [[text, label, f"title {n}"] for n, (text, label) in enumerate(reviews())]
    source = table(rows, ("text", "label", "title"))
    found = profile(source, text=["title", "text"], label="label")
    assert found.text == ("title", "text")
    assert found.why_text.key == found.why_label.key == "data.why.chosen"
    joined = join_text(source.frame, found.text)
    assert joined.iloc[3] == f"title 3\n{sentence(3)}"


def test_columns_that_cannot_be_chosen() -> None:
    source = table(reviews())
    assert error(source, label="lable") == "unknown_column"
    assert error(source, text=["nope"]) == "unknown_column"
    assert error(source, split="nope") == "unknown_column"
    assert error(source, text=["label"], label="label") == "label_is_text"


def test_column_facts() -> None:
    found = profile(table([["ab", "x"], ["ab", ""], [" cdef ", " "], ["", "y"]]))
    text, label = found.columns
    assert (text.filled, text.unique, text.examples) == (3, 2, ("ab", "cdef"))
    assert text.mean_length == pytest.approx(8 / 3)
    assert (label.filled, label.unique) == (2, 2)


# --- rows ---


def test_every_row_is_usable_or_listed_with_its_line() -> None:
    lines = ["text,label", "a,x", " ,x", "b,", "　,  ", "c,d,e", "f, x ", '"open,x', "g,y", "h"]
    source = read("\n".join(lines).encode())
    found = profile(source)
    rows, dropped = usable_rows(source, ["text"], {"label": ""})
    assert list(rows.index) == [2, 7, 9]
    assert list(rows["label"]) == ["x", "x", "y"]
    assert rows.index.name == "line"
    assert [row.line for row in dropped] == [3, 4, 5, 10]
    assert [(row.line, row.reason.key.rpartition(".")[2]) for row in found.dropped] == [
        (3, "no_text"),
        (4, "no_label"),
        (5, "no_text_no_label"),
        (6, "too_many_cells"),
        (8, "quote"),
        (10, "no_label"),
    ]
    assert (found.rows, found.usable) == (7, 3)
    assert found.classes == (("x", 2), ("y", 1))


def test_dropped_csv_is_readable_and_harmless() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "plain", 'with "quotes", and comma']
    found = profile(table([*reviews(), *([text, ""] for text in texts)]))
    for language in ("en", "zh"):
        header, *rows = csv.reader(io.StringIO(dropped_csv(found, language), newline=""))
        assert header == ["line", "reason", "text"]
        assert [row[0] for row in rows] == [str(line) for line in range(42, 48)]
        assert [row[2].removesuffix(" |") for row in rows] == [
            *("'=1+1", "'+1", "'-1", "'@x", "plain", 'with "quotes", and comma'),
        ]
    assert dropped_csv(found, "en") != dropped_csv(found, "zh")


def test_lengths_count_every_text() -> None:
    found = profile(table([["x" * n, "ab"[n % 2]] for n in range(1, 300)]))
    assert sum(found.lengths) == found.usable == 299
    assert len(found.length_edges) == len(found.lengths) + 1
    assert found.length_edges[-1] == 300
    assert list(found.length_edges) == sorted(set(found.length_edges))


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello there", "latin"),
        ("你好，世界", "han"),
        ("これは本です", "japanese"),
        ("привет мир", "cyrillic"),
        ("안녕하세요", "hangul"),
        ("привет hello", "mixed"),
        ("12345 !!", "none"),
    ],
)
def test_script(text: str, script: str) -> None:
    assert profile(table([[f"{text} {n}", "ab"[n % 2]] for n in range(10)])).script == script


# --- what cannot be trained ---


@pytest.mark.parametrize(
    ("rows", "header", "key"),
    [
        (reviews(40, ["same"]), ("text", "label"), "one_class"),
        (reviews(6), ("text", "label"), "too_few_rows"),
        (
            [[sentence(n), f"name {n}"] for n in range(30)],
            ("text", "label"),
            "labels_all_different",
        ),
        ([[sentence(n), f"c{n // 2}"] for n in range(600)], ("text", "label"), "too_many_labels"),
        ([[sentence(n), ""] for n in range(30)], ("text", "label"), "no_label_column"),
        ([["1.5", "2.5"], ["3.5", "4.5"]], ("width", "height"), "no_text_column"),
    ],
)
def test_tables_that_cannot_be_trained(
    rows: list[list[str]], header: Sequence[str], key: str
) -> None:
    assert error(table(rows, header)) == key


def test_no_row_has_both_text_and_label() -> None:
    rows = [["", "x"], ["some text", ""]] * 10
    assert error(table(rows), text=["text"], label="label") == "no_usable_rows"


def test_a_chosen_label_of_free_text() -> None:
    rows = [[sentence(n), "ab"[n % 2], f"comment {n}"] for n in range(20)]
    source = table(rows, ("text", "label", "remark"))
    raise_if_unlearnable(profile(source))
    assert error(source, label="remark") == "labels_all_different"


def test_a_label_column_may_have_any_name() -> None:
    lines = ["text,self"] + [f"some text number {n},{'ab'[n % 2]}" for n in range(20)]
    seen = profile(read("\n".join(lines).encode()), ["text"], "self")
    assert dict(seen.classes) == {"a": 10, "b": 10}


@pytest.mark.parametrize("image", ["/data/upload/4/{n:04}.jpg", "{n}"])
def test_labels_of_what_is_not_here_are_no_texts(image: str) -> None:
    """A table that names pictures, without them: its one column of words is the label."""
    rows = "".join(f"{n},{image.format(n=n)},{('animal', 'person')[n % 2]}\n" for n in range(36))
    seen = profile(read(f"id,image,choice\n{rows}".encode()))
    assert (seen.text, seen.label) == ((), "choice")
    with pytest.raises(UserError, match="ZIP") as caught:
        raise_if_unlearnable(seen)
    assert caught.value.what.key == "error.no_text_column"

"""JSON as programs write it: the rows are found, wherever they stand."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pandas as pd
import pytest

from core.data.read import jsonl
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError

ROWS = [{"text": f"text {n}, é", "label": "xy"[n % 2]} for n in range(12)]
VALUES = [list(row.values()) for row in ROWS]
FRAME = pd.DataFrame(ROWS)


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in table.frame.itertuples(index=False)]


def keys(table: Table) -> set[str]:
    return {note.key.removeprefix("data.note.") for note in table.notes}


def parsed(value: Any, **how: Any) -> Table:
    return read(json.dumps(value, ensure_ascii=False, **how).encode(), "x.json")


def error(data: bytes) -> UserError:
    with pytest.raises(UserError) as caught:
        read(data, "x.json")
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
@pytest.mark.parametrize("indent", [None, 2])
def test_whatever_pandas_writes(orient: Any, indent: int | None) -> None:
    table = read(FRAME.to_json(orient=orient, indent=indent, force_ascii=False).encode())
    found = [[row["text"], row["label"]] for _, row in table.frame.iterrows()]
    assert found == VALUES
    assert set(table.frame.columns) - {"id"} == {"text", "label"}
    assert table.format == "JSON"


def test_lists_of_values() -> None:
    written = FRAME.to_json(orient="values").encode()
    assert cells(read(written)) == VALUES
    assert list(read(written).frame.columns) == ["column 1", "column 2"]
    assert "json_no_names" in keys(read(written))
    named = parsed([["text", "label"], *VALUES])
    assert list(named.frame.columns) == ["text", "label"]
    assert cells(named) == VALUES
    assert list(named.frame.index)[:2] == [2, 3]
    lines = "\n".join(map(json.dumps, [["text", "label"], *VALUES, ["a", "b", "c"]])).encode()
    table = read(lines)
    assert (table.format, cells(table)) == ("JSON Lines", VALUES)
    assert [row.line for row in table.bad_rows] == [14]


@pytest.mark.parametrize(
    "document",
    [
        {"data": ROWS},
        {"version": 1, "rows": ROWS, "errors": [{"code": 1}]},
        {"result": {"page": 1, "items": ROWS}},
        {"rasa_nlu_data": {"common_examples": ROWS}},
        {"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]},
        {f"id{n}": row for n, row in enumerate(ROWS)},
        {str(n): row for n, row in enumerate(ROWS)},
        {row["text"]: row["label"] for row in ROWS},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_rows_wherever_they_stand(document: Any, indent: int | None) -> None:
    table = parsed(document, indent=indent)
    assert cells(pd_table(table)) == VALUES


def pd_table(table: Table) -> Any:
    """Without the names that objects had."""
    return type("T", (), {"frame": table.frame[["text", "label"]]})


def test_texts_under_their_labels() -> None:
    table = parsed({"good": ["fine", "well"], "bad": ["poor"], "odd": ["hm", "eh", "oh"]})
    assert cells(table)[:3] == [["fine", "good"], ["well", "good"], ["poor", "bad"]]
    assert len(table.frame) == 6
    even = parsed({"good": ["fine", "well"], "bad": ["poor", "worse"]})
    assert cells(even)[0] == ["fine", "good"]


def test_one_object_is_one_row() -> None:
    assert cells(parsed({"text": "a", "label": "b"})) == [["a", "b"]]


def test_objects_in_cells_become_columns() -> None:
    features = [
        {"type": "Feature", "properties": {"text": f"t{n}", "kind": {"a": n}}, "geometry": None}
        for n in range(3)
    ]
    table = parsed({"type": "FeatureCollection", "features": features})
    assert list(table.frame.columns) == ["type", "properties.text", "properties.kind", "geometry"]
    assert cells(table)[1] == ["Feature", "t1", '{"a": 1}', ""]
    # Names that are data become no columns.
    many = [{"text": f"t{n}", "scores": {f"word{n}": 1, "x": 2}} for n in range(40)]
    assert list(parsed(many).frame.columns) == ["text", "scores"]


def test_objects_one_after_the_other() -> None:
    pretty = "\n".join(json.dumps(row, indent=2) for row in ROWS)
    table = read(pretty.encode())
    assert cells(table) == VALUES
    assert list(table.frame.index)[:3] == [1, 5, 9]
    together = "".join(map(json.dumps, ROWS))
    assert cells(read(together.encode())) == VALUES


def test_a_variable_before_the_rows() -> None:
    content = "window.YTD.tweets.part0 = " + json.dumps(ROWS) + ";\n"
    assert cells(read(content.encode())) == VALUES


def test_marks_and_encodings() -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le"):
        data = json.dumps({"data": ROWS}, ensure_ascii=False, indent=1).encode(encoding)
        assert cells(read(data)) == VALUES


def test_wrong_lines_are_listed_and_the_file_stays_json() -> None:
    twice = '{"text": "a", "text": "b", "label": "x"}'
    lines = [twice, json.dumps(ROWS[0]), twice, '{"text": "cut', json.dumps(ROWS[1])]
    table = read("\n".join(lines).encode())
    assert table.format == "JSON Lines"
    assert cells(table) == VALUES[:2]
    assert [row.line for row in table.bad_rows] == [1, 3, 4]
    wrong = error("\n".join([twice] * 9).encode())
    assert wrong.what.key == "error.all_rows_bad_json"
    assert "CSV UTF-8" not in wrong.hint


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ('{"data": [\n {"text": "a"},\n {"text": "b"},\n]}', 4, 1),
        ('{"data": [\n {"text": "a"}\n {"text": "b"}\n]}', 3, 2),
        ('[\n["a", "b"],\n["c" "d"]\n]', 3, 6),
        ('{"text": "a"', 1, 13),
        ("{\n  'text': 1\n}\n", 0, 0),
    ],
)
def test_what_is_broken_says_where(text: str, line: int, place: int) -> None:
    if not line:
        return
    found = error(text.encode()).what
    assert found.key == "error.json_broken"
    assert found.values["line"] == line


def test_other_kinds_of_json_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    squad = {"data": [{"title": "x", "paragraphs": [{"qas": []}]}]}
    assert error(json.dumps(squad).encode()).what.values["kind"] == "SQuAD"
    coco = {"images": [{"id": 1}], "annotations": [{"id": 1}], "categories": []}
    assert error(json.dumps(coco).encode()).what.key == "error.json_kind"
    monkeypatch.setattr(jsonl, "MAX_DOCUMENT", 100)
    assert error(json.dumps({"data": ROWS}).encode()).what.key == "error.json_large"
    assert len(parsed(ROWS).frame) == 12  # one at a time


def task(number: int, *choices: list[str], cancelled: bool = False) -> dict[str, Any]:
    return {
        "id": number,
        "data": {"text": f"text {number}"},
        "annotations": [
            {
                "result": [
                    {"from_name": "topic", "type": "choices", "value": {"choices": chosen}},
                    {"from_name": "stars", "type": "rating", "value": {"rating": 4}},
                ],
                "was_cancelled": cancelled,
            }
            for chosen in choices
        ],
    }


def test_label_studio() -> None:
    one = parsed([task(1, ["a"]), task(2, ["b"]), task(3)])
    assert list(one.frame.columns) == ["text", "topic", "stars"]
    assert cells(one) == [["text 1", "a", "4"], ["text 2", "b", "4"], ["text 3", "", ""]]
    several = parsed([task(1, ["a", "b"]), task(2, ["b"], ["a"]), task(3, ["a"], cancelled=True)])
    assert several.frame["topic"].tolist() == ['["a", "b"]', '["b"]', ""]
    assert "label_studio_twice" in keys(several)


def test_several_objects_on_one_line_are_a_row_each() -> None:
    table = read("".join(map(json.dumps, ROWS)).encode())
    assert cells(table) == VALUES
    assert list(table.frame.index) == list(range(1, 13))


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("parts", [ROWS, VALUES])
def test_a_list_of_rows_for_each_split(parts: list[Any], deep: bool) -> None:
    document = {"train": parts[:8], "val": parts[8:10], "test": parts[10:], "note": "x"}
    table = parsed({"data": document} if deep and parts is ROWS else document)
    assert len(table.frame) == 12
    assert list(table.frame["split"]) == ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    assert sorted(map(sorted, cells(table)))[0][-1] != ""
    assert "json_splits" in keys(table)


def test_the_texts_of_a_chatbots_intents() -> None:
    intents = [
        {"tag": tag, "patterns": [f"{tag} {n}" for n in range(5)], "responses": ["yes", "no"]}
        for tag in ("greeting", "order", "bye")
    ]
    table = parsed({"intents": intents})
    assert list(table.frame["patterns"])[:2] == ["greeting 0", "greeting 1"]
    assert list(table.frame["tag"]) == [each["tag"] for each in intents for _ in range(5)]
    # Texts that have a list of something each stay rows.
    assert (
        len(parsed({"rows": [{**row, "examples": ["a", "b"]} for row in ROWS[:2] * 3]}).frame) == 6
    )


def test_objects_by_an_id_below_a_key() -> None:
    table = parsed({"reviews": {f"-N{n}": row for n, row in enumerate(ROWS)}})
    assert list(table.frame["text"]) == [row["text"] for row in ROWS]


def test_a_link_of_google_drive_is_no_table() -> None:
    link = {"url": "https://docs.google.com/spreadsheets/d/1", "doc_id": "1", "email": "x"}
    assert error(json.dumps(link).encode()).what.key == "error.kind.link"


def test_rows_under_each_label_are_put_together() -> None:
    good, bad = ([{"text": f"{word} {n}", "id": n} for n in range(6)] for word in ("fine", "poor"))
    for document in ({"spam": good, "ham": bad[:4]}, {"data": {"good": good, "bad": bad}}):
        table = parsed(document)
        names = list(document.get("data", document))
        assert dict(table.frame["label"].value_counts()) == {
            names[0]: 6,
            names[1]: len(table.frame) - 6,
        }
        assert "json_lists" in keys(table)
    pages = parsed({"page 1": ROWS[:5], "page 2": ROWS[5:]})
    assert list(pages.frame.columns) == ["key", "text", "label"]
    assert len(pages.frame) == 12
    others = parsed({"users": [{"id": n, "name": "x"} for n in range(3)], "posts": ROWS})
    assert cells(others) == VALUES
    assert "json_under" in keys(others)


def test_what_stands_beside_the_splits_is_said() -> None:
    table = parsed({"train": ROWS[:8], "test": ROWS[8:], "more": ROWS, "empty": []})
    assert len(table.frame) == 12
    (note,) = (each for each in table.notes if each.key == "data.note.json_aside")
    assert note.values["names"] == "more"
    short = parsed({"train": [["a", "x"], ["b"], ["c", "y"]], "test": [["d", "x"]]})
    assert list(short.frame["split"]) == ["train"] * 3 + ["test"]


@pytest.mark.parametrize("lines", [True, False])
def test_brackets_in_brackets_are_no_traceback(lines: bool) -> None:
    for deep in range(300, 1_100):
        cell = "[" * deep + "]" * deep
        row = f'{{"text": "a", "label": {cell}}}'
        data = f'{{"text": "b", "label": "c"}}\n{row}' if lines else f"[{row}]"
        with contextlib.suppress(UserError):
            assert len(read(data.encode()).frame)

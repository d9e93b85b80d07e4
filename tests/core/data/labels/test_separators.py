"""What is between the labels of a cell: guessed, said, turned round by a click, set by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.__main__ import main
from core.data.checkup.fix import Choose, apply_fix
from core.data.labels.separators import guess_separator
from core.data.profile.profile import profile
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError
from tests.core.data.labels.label_columns import csv, expected, found, sets
from tests.core.data.office import xlsx
from tests.core.modalities.test_checkup import sentence
from ui.session import Loaded
from ui.steps.data import columns
from ui.steps.shared.checkup import checkup_html, fix_of

LIKERT = ["agree, strongly", "agree, somewhat", "disagree, somewhat", "disagree, strongly"]


def separator_of(cells: pd.Series) -> str:
    counts = cells.value_counts()
    return guess_separator(counts.index.to_series(), counts.to_numpy()).separator


def written(mark: str) -> list[str]:
    return [mark.join(names) for names in sets() if names]


def turned(table: Table, **chosen: Any) -> tuple[dict[str, int], Any]:
    """The classes after the click on the one finding about separators, and the profile."""
    seen = profile(table, **chosen)
    findings = found(table, seen)
    key = next(iter(findings.keys() & {"label_split", "label_unsplit", "label_lists"}))
    fix = findings[key].fixes[0]
    assert isinstance(fix, Choose)
    same, now = apply_fix(fix, table, seen)
    assert same is table, "a choice changes no cell"
    return dict(now.classes), now


@pytest.mark.parametrize(
    "mark",
    [
        *(
            ";",
            "; ",
            "|",
            " | ",
            ",",
            ", ",
            "#",
            "\n",
            "\r\n",
            "\t",
            "::",
            "||",
            " :: ",
            "；",
            "，",
            "、",
        ),
        *("/", " / ", "+", "&", " and "),
    ],
)
def test_what_is_between_labels_is_found_said_and_turned_round(mark: str) -> None:
    table = csv(written(mark))
    seen = profile(table)
    assert dict(seen.classes) == expected(sets())
    assert found(table, seen)["label_split"].count == 55
    whole, now = turned(table)
    assert now.separator == ""
    assert len(whole) == 15
    assert "labels_few" not in found(table, now) or not found(table, now)["labels_few"].fixes
    back, now = turned(table, separator="")
    assert back == expected(sets())
    assert found(table, now)["label_split"].fixes


def test_a_line_end_in_cells_of_a_workbook() -> None:
    rows = [[sentence(k), cell] for k, cell in enumerate(written("\n"))]
    table = read(xlsx({"s": [["text", "labels"], *rows]}), "s.xlsx")
    assert dict(profile(table).classes) == expected(sets())
    by_hand = profile(csv(written("~")), separator="~")
    assert dict(by_hand.classes) == expected(sets())


@pytest.mark.parametrize(
    "cells",
    [
        LIKERT,
        ["animal > cat", "animal > dog", "plant > tree"],
        ["news/sport", "news/politics", "shop/shoes", "shop/books"],
        ["C", "C++", "C#", "Java"],
        ["Smith; John", "Doe; Jane", "Roe; Ann"],
        ["1,5", "2,5", "1,0", "5,0"],
        ["Movies & TV", "Home & Garden", "Books"],
        ["Clothing, Shoes & Jewelry", "Electronics", "Home, Garden"],
        ["n/a", "yes", "no"],
        ["he/him", "she/her", "they/them"],
        ["A+", "A", "B+", "B"],
        ["yes and no", "yes", "sometimes"],
    ],
)
def test_marks_in_names_split_nothing(cells: Sequence[str]) -> None:
    table = csv(list(cells) * 20)
    seen = profile(table, label="label")
    assert seen.separator == ""
    assert len(seen.classes) == len(cells)


def test_a_guess_not_to_split_is_said_and_turned_round() -> None:
    table = csv(LIKERT * 20)
    assert found(table)["label_unsplit"].count == 80
    classes, now = turned(table)
    assert classes == dict.fromkeys(("agree", "disagree", "strongly", "somewhat"), 40)
    back, _ = turned(table, separator=now.separator)
    assert len(back) == 4


def test_a_few_cells_with_several_labels() -> None:
    """The first offer is to split them, not to remove their rows."""
    table = csv([*["red", "green"] * 40, "red; green", "green; red"])
    findings = found(table)
    assert findings["label_unsplit"].severity == "warning"
    assert not findings["labels_few"].fixes
    assert turned(table)[0] == {"red": 42, "green": 42}


def test_lists_can_be_taken_whole() -> None:
    table = csv([json.dumps(names) for names in sets()])
    whole, now = turned(table)
    assert len(whole) == 15
    assert now.usable == 75, "an empty list is no label then"
    assert turned(table, separator="")[0] == expected(sets())


def test_what_is_in_quotes_is_one_label() -> None:
    table = csv(['"agree, strongly", new', "new", '"agree, strongly"', "old, new"] * 20)
    seen = profile(table, separator=",")
    assert dict(seen.classes) == {"agree, strongly": 40, "new": 60, "old": 20}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("newline", "\n"), (r"\n", "\n"), ("tab", "\t"), ("Space", " "), ("list", "[]"), ("~", "~")],
)
def test_separators_in_words(given: str, kept: str) -> None:
    assert profile(csv(["a", "b"] * 20), separator=given).separator == kept
    with pytest.raises(UserError, match="20"):
        profile(csv(["a", "b"] * 20), separator="x" * 21)


# --- the command line ---


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["check", *arguments, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_the_command_line_turns_a_guess_round(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "likert.csv")
    Path(file).write_text(
        "".join(["text,label\n", *(f'{sentence(k)},"{LIKERT[k % 4]}"\n' for k in range(40))]),
        encoding="utf-8",
    )
    assert len(checked(capsys, file)["classes"]) == 4
    fixed = checked(capsys, file, "--fix", "label_unsplit")
    assert sorted(fixed["classes"]) == ["agree", "disagree", "somewhat", "strongly"]
    assert fixed["separator"] == ","
    assert checked(capsys, file, "--separator", ",")["classes"] == fixed["classes"]
    back = checked(capsys, file, "--separator", ",", "--fix", "label_split")
    assert sorted(back["classes"]) == sorted(LIKERT)
    assert main(["check", file]) == 0
    assert "could be several labels, with “,” between them" in capsys.readouterr().out


# --- the page ---


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_offers_every_separator_for_texts(lang: str) -> None:
    for cells, marks in ((["good", "bad"] * 20, set()), (written("::"), {"::"})):
        table = csv(cells)
        shown = columns.separator(Loaded(table, profile(table)), lang)
        values = {value for _, value in shown.choices}
        assert shown.visible
        assert shown.allow_custom_value
        assert values >= {"", ";", ",", "\n", *marks}
        assert shown.value == profile(table).separator


def test_the_click_on_the_page() -> None:
    table = csv(LIKERT * 20)
    loaded = Loaded(table, profile(table))
    assert 'data-key="label_unsplit"' in checkup_html(loaded, "en")
    _, now = apply_fix(fix_of(loaded, "label_unsplit", "0"), table, loaded.profile)
    assert len(now.classes) == 4
    again = Loaded(table, now)
    assert 'data-key="label_split"' in checkup_html(again, "en")
    _, back = apply_fix(fix_of(again, "label_split", "0"), table, now)
    assert back.classes == loaded.profile.classes


def test_lists_of_sharepoint_are_divided_at_both_marks() -> None:
    cells = pd.Series(["price;#quality", "quality", "price", "quality;#price", "staff;#price"] * 5)
    assert separator_of(cells) == ";#"


def test_numbers_with_a_comma_are_no_labels_whatever_else_is_there() -> None:
    cells = pd.Series([f"{n % 6},{n % 10}" for n in range(200)] + ["n/a", "k.A."] * 3)
    assert separator_of(cells) == ""

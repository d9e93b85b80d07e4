"""What is wrong with a table is found, counted and mended; a clean one is left in peace."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.data.checkup.edits import edit_from_json, edit_to_json, undo_edit
from core.data.checkup.finding import Finding
from core.data.checkup.fix import (
    Choose,
    ReadAgain,
    apply_fix,
    keep_reasons,
    profile_again,
    read_again,
)
from core.data.checkup.label_edits import MergeLabels
from core.data.checkup.near_duplicates import near_duplicates
from core.data.checkup.row_edits import DropLines
from core.data.profile.profile import profile
from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.data.samples import SAMPLES, load
from core.data.table import Table
from core.errors import UserError
from core.modalities.checkup import checkup, mend
from core.models.reader import reader_of
from core.runs.store import RunStore
from core.words import LANGUAGES, Message, message, say
from tests.core.data.csv_tables import as_csv
from tests.core.data.office import xlsx
from ui.session import Loaded
from ui.steps.shared.checkup import checkup_html, fix_of

WORDS = (
    *("river", "stone", "cloud", "window", "garden", "paper", "light", "music", "winter", "bread"),
    *("corner", "silver", "morning", "letter", "road", "bridge", "ocean", "candle", "forest"),
    *("engine", "yellow", "market", "doctor", "carpet", "island", "mirror", "pocket", "thunder"),
)


def sentence(seed: int, length: int = 12) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def clean(count: int = 60, labels: Sequence[str] = ("good", "bad")) -> list[list[str]]:
    return [[sentence(number), labels[number % len(labels)]] for number in range(count)]


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "label")) -> Table:
    return read(as_csv([list(header), *map(list, rows)]).encode())


def found(source: Table, model: str = "", **columns: Any) -> dict[str, Finding]:
    seen = profile(source, **columns)
    reader = reader_of(model, seen, RunStore()) if model else None
    return {each.key: each for each in checkup(source, seen, reader)}


def test_a_clean_table_has_no_findings() -> None:
    assert found(table(clean()), "minilm") == {}


def test_one_of_each_kind_is_found_with_its_count() -> None:
    rows = [
        *clean(400, ("good", "bad", "so so")),
        *[[sentence(n), "so so" if n % 3 == 2 else ("good", "bad")[n % 3]] for n in range(4)],
        [sentence(10), "so so"],  # its label was "bad"
        *[[sentence(n, 40) + " extra", "good"] for n in (1000, 1001, 1002)],
        *[[sentence(n, 40), "good"] for n in (1000, 1001)],  # a word less
        ["ok", "good"],
        ["", "good"],
        [sentence(900), ""],
        *[[sentence(910 + n), "Good"] for n in range(5)],
        *[[sentence(920 + n), " ｂａｄ "] for n in range(4)],
        [sentence(930), "odd"],
        *[[sentence(940 + n), "seldom"] for n in range(6)],
        *[[f"{sentence(950 + n)} https://a.example/{n}", "bad"] for n in range(3)],
        *[[f"{sentence(960 + n)} me{n}@a.example", "bad"] for n in range(2)],
        [f"{sentence(970)} +49 30 1234567", "bad"],
        *[[f"<p>{sentence(980 + n)}</p>", "good"] for n in range(7)],
    ]
    source = table([[*row, ""] for row in rows], ("text", "label", "nothing"))
    by_key = found(source)

    counts = {key: each.count for key, each in by_key.items()}
    assert counts == {
        "empty_columns": 1,
        "no_text": 1,
        "no_label": 1,
        "labels_padded": 4,
        "labels_alike": 2,
        "labels_few": 1,
        "labels_rare": 3,  # seldom, Good and the other spelling of bad
        "imbalance": 149,
        "short": 1,
        "repeats": 4,
        "conflicts": 1,
        "near": 2,
        "url": 3,
        "email": 2,
        "phone": 1,
        "html": 7,
    }
    for each in by_key.values():
        for language in LANGUAGES:
            assert say(each.what, language)
            assert each.advice
            assert say(each.advice, language)
    lines = [line for line, _ in by_key["conflicts"].examples]
    assert lines == [12, 406], "one line for each of the labels"
    assert all(str(text) for each in by_key.values() for _, text in each.examples)


def test_every_fix_mends_what_it_is_offered_for() -> None:
    rows = [
        *clean(100),
        [sentence(0), "good"],
        [sentence(1), "good"],
        ["ok", "good"],
        *[[sentence(200 + n), "GOOD"] for n in range(12)],
        [sentence(300), "odd"],
        [f"{sentence(400)} https://a.example", "bad"],
        [f"{sentence(401)} me@a.example", "bad"],
        [f"{sentence(402)} (030) 123-4567", "bad"],
        [f"{sentence(403)}<br>", "bad"],
        [sentence(500, 40), "bad"],
        [sentence(500, 40) + " more", "bad"],
    ]
    source = table(rows)
    offered = [each for each in found(source).values() if each.fixes]
    assert len(offered) == 10
    for each in offered:
        seen = profile(source)
        after, _ = mend(source, seen, [each.key])
        assert each.key not in {left.key for left in checkup(after, profile_again(after, seen))}, (
            each.key
        )
        fix = each.fixes[0]
        assert not isinstance(fix, ReadAgain | Choose)
        assert edit_from_json(edit_to_json(fix)) == fix
    everything, _ = mend(source, profile(source), [each.key for each in offered])
    assert checkup(everything, profile_again(everything, profile(source))) == ()
    with pytest.raises(UserError, match="repeats"):
        mend(source, profile(source), ["script"])


def test_how_the_file_was_read_is_part_of_it() -> None:
    content = " text ;label;label\nviel Spaß;gut;a\nschön;gut;b\nnaja;schlecht;c\n\n".encode(
        "cp1252"
    )
    by_key = found(read(content, "x.csv"))

    assert by_key["encoding_guessed"].severity == "warning"
    assert by_key["header_repeated"].count == 1
    joined = b"text label\n" + b"some text here good\n" * 20
    assert found(read(joined, "x.csv"))["one_column"].severity == "serious"
    bad = read(b"text,label\na,b,c\n" + b"some text,x\nmore text,y\n" * 20)
    line, why = found(bad)["unreadable"].examples[0]
    assert line == 2
    assert isinstance(why, Message)  # in the language of the person who reads it
    assert str(why).startswith("a,b,c: ")


def test_names_of_pictures_without_the_pictures() -> None:
    rows = [[f"red/IMG_{n}.JPG", "good text of some length", "ab"[n % 2]] for n in range(20)]
    named = found(table(rows, ("photo", "text", "label")))["picture_names"]
    assert named.severity == "serious"
    assert "“photo”" in str(named.what)
    rows[3][0] = rows[5][0] = "nothing"
    assert "picture_names" not in found(table(rows, ("photo", "text", "label")))


@pytest.mark.parametrize(
    ("header", "columns", "key"),
    [
        (("id", "label", "text"), {"text": ["id"], "label": "label"}, "id_as_text"),
        (("price", "label", "text"), {"text": ["price"], "label": "label"}, "numbers_as_text"),
        (("id", "label", "text"), {"text": ["text"], "label": "id"}, "id_as_label"),
        (("price", "label", "text"), {"text": ["text"], "label": "price"}, "label_is_number"),
        (("remark", "label", "text"), {"text": ["text"], "label": "remark"}, "label_is_free_text"),
    ],
)
def test_columns_that_are_something_else(
    header: Sequence[str], columns: dict[str, Any], key: str
) -> None:
    first: dict[str, Callable[[int], str]] = {
        "id": str,
        "price": lambda n: f"{n * 7 % 50}.5",
        "remark": lambda n: sentence(n + 500),
    }
    rows = [[first[header[0]](n), label, text] for n, (text, label) in enumerate(clean())]
    source = table(rows, header)
    by_key = found(source, **columns)

    assert by_key[key].severity in ("serious", "warning")
    if key == "label_is_number":
        binned, _ = mend(source, profile(source, **columns), [key])
        assert binned.frame["price"].nunique() == 3


def test_texts_on_both_sides_of_a_given_split() -> None:
    rows = [[*row, "test" if n % 4 == 0 else "train"] for n, row in enumerate(clean())]
    rows += [[sentence(0).upper(), "good", "train"], [sentence(4), "good", "dev"]]
    leaks = found(table(rows, ("text", "label", "split")))["leaks"]

    assert leaks.count == 2
    assert [line for line, _ in leaks.examples] == [62, 63]


def test_several_labels_in_a_cell() -> None:
    cells = ("red; green", "green; red", "blue", "red", "green; blue", "Red; blue")
    rows = [[sentence(n), cells[n % len(cells)]] for n in range(60)]
    rows.append([sentence(0), "green;red"])  # the same labels in another order
    by_key = found(table(rows))

    assert by_key["repeats"].count == 1
    assert "conflicts" not in by_key
    assert by_key["labels_alike"].count == 1
    mended, _ = mend(table(rows), profile(table(rows)), ["labels_alike"])
    assert set(dict(profile(mended).classes)) == {"red", "green", "blue"}


def test_how_well_the_model_reads() -> None:
    chinese = [[f"这家餐厅的服务很好，第{n}次来了", "好坏"[n % 2]] for n in range(40)]
    by_key = found(table(chinese), "minilm")
    assert by_key["script"].severity == "serious"
    assert "Chinese" in say(by_key["script"].advice or "")

    emoji = [[f"{sentence(n, 3)} 🎉🥳🪅🎊 ꙮ ꙮ", "ab"[n % 2]] for n in range(40)]
    assert found(table(emoji), "minilm")["unknown"].count >= 40

    long = [[sentence(n, 400 if n < 10 else 12), "ab"[n % 2]] for n in range(60)]
    told = found(table(long), "minilm")["long"]
    assert told.count == 10
    assert "512" in say(told.advice or "") or "4" in say(told.advice or "")
    # A model that is not on this computer can still be compared with the language.
    assert "script" in found(table(chinese), "roberta")


def test_near_repeats() -> None:
    texts = [sentence(n, 30) for n in range(50)]
    changed = [texts[3] + " indeed", texts[7].replace("river", "lake").replace("stone", "rock")]
    near = near_duplicates([*texts, changed[0], *[" " * 30, ""]])
    assert near == [(50, 3)]
    assert near_duplicates(["a" * 30]) == []


def test_the_samples_have_nothing_serious() -> None:
    for sample in SAMPLES:
        source = load(sample.key)
        found = checkup(source, profile(source))
        assert not [each for each in found if each.severity == "serious"], sample.key


def test_a_choice_is_made_and_turned_back_and_the_file_read_again(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    old, new = ([[f"{year} text {n}", "ab"[n % 2]] for n in range(12)] for year in (2025, 2026))
    book.write_bytes(xlsx({"old": [["text", "label"], *old], "new": [["text", "label"], *new]}))
    source = read(book)
    seen = profile(source)

    def reread(options: ReadOptions) -> Table:
        return read(book, options=options)

    split = Choose({"separator": ";"}, message("ui.next"))
    same, changed = apply_fix(split, source, seen)
    assert same is source
    assert changed.separator == ";"
    assert changed.text == seen.text

    dropped, after = apply_fix(DropLines((2,)), source, seen)
    turned = ReadAgain({"sheet": "new"}, message("ui.next"))
    with pytest.raises(UserError) as gone:
        apply_fix(turned, dropped, after)
    assert gone.value.what.key == "error.read_again_gone"
    other, as_before = apply_fix(turned, dropped, after, reread)
    # What was changed is changed in it too, and what was asked for is known.
    assert (other.sheet, next(iter(other.frame.index)), len(other.changes)) == ("new", 3, 1)
    assert other.frame["text"].iloc[0].startswith("2026")
    assert as_before.label == "label"
    assert [name for name, _ in other.read_with.said()] == ["sheet"]
    back, _ = read_again(ReadOptions(), other, as_before, reread)
    assert back.frame.equals(dropped.frame)
    assert not list(back.read_with.said())

    labels = MergeLabels("label", {"a": "b"})
    merged, after = apply_fix(labels, source, seen)
    lone = tmp_path / "lone.csv"
    lone.write_text("words,kind\nx,y\n")
    with pytest.raises(UserError) as wrong:
        read_again(ReadOptions(), merged, after, lambda options: read(lone, options=options))
    assert wrong.value.what.key == "error.read_again_changes"


def test_what_is_said_of_a_column_follows_a_fix_and_an_undo() -> None:
    source = table([[sentence(n), ("good", "Good", "bad")[n % 3]] for n in range(60)])
    seen = profile(source)
    assert "3 different values" in str(seen.why_label)
    mended, after = mend(source, seen, ["labels_alike"])
    assert "2 different values" in str(after.why_label)
    assert "3 different values" in str(profile_again(undo_edit(mended, 0), after).why_label)


def test_a_column_that_nobody_chose_is_not_said_to_be() -> None:
    source = table([[sentence(n), ("good", "bad")[n % 2]] for n in range(20)])
    before = profile(source)
    chosen = profile(source, ["label"], "text")
    assert keep_reasons(chosen, before).why_text == chosen.why_text  # somebody did
    kept = keep_reasons(profile(source, before.text, before.label), before)
    assert (kept.why_text, kept.why_label) == (before.why_text, before.why_label)


def contradicting() -> Table:
    """A text that is good twice and bad once, and one that is good as often as bad."""
    rows = [[sentence(n), ("good", "bad")[n % 2]] for n in range(20)]
    rows += [["the room was so so", label] for label in ("good", "bad", "good")]
    rows += [["it was as it was", label] for label in ("bad", "good")]
    return table(rows)


def labels_of(source: Table, text: str) -> list[str]:
    return source.frame["label"][source.frame["text"] == text].tolist()


def test_contradictions_are_decided_and_not_only_removed() -> None:
    source = contradicting()
    conflict = found(source)["conflicts"]
    assert conflict.count == 2
    assert [[(label, rows) for label, rows, _ in each.options] for each in conflict.decisions] == [
        [("good", 2), ("bad", 1)],
        [("bad", 1), ("good", 1)],
    ]
    # By the most frequent label, where there is one.
    usual, seen = mend(source, profile(source), ["conflicts:2"])
    assert labels_of(usual, "the room was so so") == ["good"] * 3
    assert labels_of(usual, "it was as it was") == ["bad", "good"]
    assert found(usual)["conflicts"].count == 1
    assert len(found(usual)["conflicts"].fixes) == 1  # no label is more frequent
    # One by one, and back again.
    line = found(usual)["conflicts"].decisions[0].line
    decided, _ = mend(usual, seen, [f"conflicts:{line}=bad"])
    assert labels_of(decided, "it was as it was") == ["bad", "bad"]
    assert "conflicts" not in found(decided)
    assert labels_of(undo_edit(decided, 1), "it was as it was") == ["bad", "good"]
    assert len(mend(source, profile(source), ["conflicts"])[0].frame) == 20
    for wrong in ("conflicts:9", "conflicts:0", f"conflicts:{line}=so so", "conflicts:2=bad"):
        with pytest.raises(UserError):
            mend(source, profile(source), [wrong])


def test_the_buttons_do_what_they_say() -> None:
    source = contradicting()
    loaded = Loaded(source, profile(source))
    shown = checkup_html(loaded, "en")
    keys = re.findall(r'data-key="conflicts" data-number="(\d+)">([^<]*)<', shown)
    words = [said for _, said in keys]
    assert words[2:] == [
        f"“{label}” (rows: {rows})"
        for label, rows in (("good", 2), ("bad", 1), ("bad", 1), ("good", 1))
    ]
    number = keys[3][0]  # “bad” for the first text
    fixed, _ = apply_fix(fix_of(loaded, "conflicts", number), source, loaded.profile)
    assert labels_of(fixed, "the room was so so") == ["bad"] * 3
    with pytest.raises(UserError):
        fix_of(loaded, "conflicts", "6")

"""Hostile files of text: CSV, JSON, XML, HTML."""

from __future__ import annotations

import json

from tests.hostile.proper import Maker, as_csv

LINE = "text,label\n"


def joined(*parts: str) -> bytes:
    return "".join(parts).encode("utf-8", "surrogatepass")


TEXTS: dict[str, Maker] = {
    "quotes-never-closed.csv": lambda rng: joined(LINE, '"a text, b\n' * rng.randint(2_000, 20_000)),
    "quote-at-the-end.csv": lambda rng: joined(LINE, "a,b\n" * 20_000, '"x'),
    "quotes-in-quotes.csv": lambda rng: joined(LINE, '""a"" "b,"c\n' * rng.randint(500, 5_000)),
    "one-line.csv": lambda rng: joined(LINE, "a " * rng.randint(10**6, 10**7), ",b\n"),
    "many-columns.csv": lambda rng: joined(",".join(f"c{n}" for n in range(100_000)), "\n1,2\n"),
    "commas.csv": lambda rng: b"," * rng.randint(10**6, 10**7),
    "line-ends.csv": lambda rng: b"\n" * rng.randint(10**6, 10**7),
    "returns.csv": lambda rng: joined(LINE, "a,b\r" * 9, "\r\n\r" * 300_000),
    "wide-rows.csv": lambda rng: joined(LINE, *("a," * n + "\n" for n in range(1_500))),
    "control.csv": lambda rng: joined(LINE, "\x1b]0;hi\x07\x1b[31m\x9b2J,\x08\x7f\u202e\n" * 30),
    "formulas.csv": lambda rng: joined(LINE, "=cmd|' /C calc'!A0,＝1+1\n@SUM(1),a;=1+1\n" * 20),
    "nul.csv": lambda rng: joined(LINE, "a\0b,c\n" * rng.randint(1, 50), "good,bad\n" * 30),
    "marks.csv": lambda rng: b"\xef\xbb\xbf" * 99 + as_csv(rng),
    "mixed.csv": lambda rng: as_csv(rng) + "\nsch\u00f6n,pos".encode("utf-16") + b"\xff\xfe\x80,neg",
    "utf-16.csv": lambda rng: as_csv(rng).decode().encode(rng.choice(("utf-16", "utf-16-be")))[:-1],
    "utf-32.csv": lambda rng: as_csv(rng).decode().encode("utf-32")[: -rng.randint(1, 3)],
    "surrogates.csv": lambda rng: joined(LINE, "\ud83d x,\udc00\n" * 40),
    "long-labels.csv": lambda rng: joined(LINE, *(f"a,{'x' * 9_000}{n}\n" for n in range(300))),
    "separators.csv": lambda rng: joined(LINE, *(f"text {n},{';' * 5_000}a;b\n" for n in range(200))),
    "same-names.csv": lambda rng: joined(",".join(["text"] * 400), "\n", ",".join("a" * 400), "\n"),
    "backslashes.csv": lambda rng: joined(LINE, '"a \\" b\\\\",c\n' * 4_000, '"\\'),
    "repeats.csv": lambda rng: joined(LINE, f"{'word ' * 200},x\n" * 3_000),
    "alike.csv": lambda rng: joined(LINE, *(f"{'word ' * 100}{n},x{n % 2}\n" for n in range(3_000))),
    "numbers.csv": lambda rng: joined(LINE, f"{'9' * 5_000},1e999999\n{'0' * 400},NaN\n" * 20),
    "regex.csv": lambda rng: joined(LINE, f"{'a@' * 20_000},x\n{'1-' * 20_000},y\n" * 3),
    "tags.csv": lambda rng: joined(LINE, f"{'<a ' * 20_000},x\n{'<!--' * 20_000},y\n" * 3),
    "deep.json": lambda rng: b"[" * rng.randint(10_000, 10**6),
    "deep-object.json": lambda rng: b'{"a":' * rng.randint(10_000, 300_000) + b"1",
    "deep-cell.jsonl": lambda rng: joined(
        *(f'{{"text": {"[" * n}{"]" * n}, "label": "x"}}\n' for n in range(400, 1_400, 40))
    ),
    "empties.json": lambda rng: b"[" + b"[]," * 1_500_000 + b"[]]",
    "empty-objects.json": lambda rng: b"[" + b"{}," * 500_000 + b"{}]",
    "one-cell.json": lambda rng: b'[{"text": [' + b"1," * 2_000_000 + b'1], "label": "x"}]',
    "many-keys.jsonl": lambda rng: joined(*(f'{{"k{n}": {n}}}\n' for n in range(3_000))),
    "wide-object.json": lambda rng: json.dumps([{f"k{n}": n for n in range(100_000)}]).encode(),
    "nested-names.json": lambda rng: json.dumps(
        [{"a": {f"b{n}": {f"c{m}": 1 for m in range(30)} for n in range(30)}}] * 9
    ).encode(),
    "same-keys.jsonl": lambda rng: joined('{"text": "a", "text": "b", "label": "x"}\n' * 50),
    "wrong-lines.jsonl": lambda rng: joined('{"text": "a", "label": "x"}\n', "x\n" * 150_000),
    "odd-numbers.jsonl": lambda rng: joined(
        '{"text": 1e999, "label": NaN}\n{"text": -Infinity, "label": 1e-999}\n' * 9,
        f'{{"text": {"9" * 5_000}, "label": 1}}\n',
    ),
    "surrogates.jsonl": lambda rng: b'{"text": "\\ud83d \\u0000 \\u202e", "label": "\\udc00"}\n' * 40,
    "laughs.xml": lambda rng: laughs().encode(),
    "spans.html": lambda rng: joined(
        "<table>", "<tr><td colspan=999999 rowspan=999999>a<td>b" * rng.randint(100, 30_000)
    ),
    "deep.html": lambda rng: joined("<table><tr><td>" * 50_000, "<!--" * 50_000, "<![CDATA[" * 9_000),
    "places.xml": lambda rng: joined(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet>',
        '<Table><Row><Cell Index="500"/></Row><Row Index="1048000"><Cell MergeAcross="499"/></Row>' * 9_000,
    ),
    "laughs-2003.xml": lambda rng: laughs().replace(
        "<x>", '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    ).replace("</x>", "</Workbook>").encode(),
    "dump.sql": lambda rng: b"INSERT INTO t VALUES ('a');\n" * 1_000,
    "only-mark.csv": lambda rng: rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\0\0", b"\0")),
}  # fmt: skip


def laughs(deep: int = 9) -> str:
    """Entities that stand for others, ten times each: a few lines for ten to the power of `deep` laughs."""
    entities = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, deep + 1)
    )
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x>&l{deep};</x>'

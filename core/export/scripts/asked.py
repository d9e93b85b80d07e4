"""What predict.py is asked: texts, or a CSV file whose rows are to get their labels."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spreadsheet import harmless

HERE = Path(__file__).resolve().parent


def known(name: str) -> Any:
    """A JSON file of this folder."""
    return json.loads((HERE / name).read_text("utf-8"))


COLUMNS: list[str] = known("recipe.json")["data"]["text"]
THRESHOLD: float | None = known("metrics.json").get("threshold")
SEPARATOR: str = known("recipe.json")["task"]["separator"] or ";"
# Lists and line ends are written with a semicolon.
BETWEEN = ";" if SEPARATOR == "[]" or SEPARATOR in ("\n", "\t") else SEPARATOR
# Answers that are less sure are withheld; the file is there where somebody has chosen so.
BELOW: float = known("abstention.json")["below"] if (HERE / "abstention.json").exists() else 0.0

Found = list[tuple[str, float]]  # labels and their probabilities, the likeliest first


def main(answer: Callable[[list[str]], Found]) -> None:
    """`answer` is given the texts of one row, one for each column that the model was trained on."""
    given = sys.argv[1:]
    if len(given) == 2 and Path(given[0]).suffix.lower() in (".csv", ".tsv"):
        _file(answer, Path(given[0]), Path(given[1]))
        return
    if not given:
        print('python predict.py "a text"    or    python predict.py FILE.csv OUT.csv')
    for start in range(0, len(given), len(COLUMNS)):
        ranked = answer(given[start : start + len(COLUMNS)])
        printed = [(placeholder(ranked), sure(ranked))] if sure(ranked) < BELOW else chosen(ranked)
        print(*(f"{label}\t{share:.4f}" for label, share in printed), sep="\t")


def chosen(ranked: Found) -> Found:
    """The likeliest label; where a text may have any number of labels, all that are likely enough."""
    return [pair for pair in ranked if pair[1] >= THRESHOLD] if THRESHOLD else ranked[:1]


def sure(ranked: Found) -> float:
    """Confidence of the answer: its probability, or that of the least sure yes or no."""
    if not THRESHOLD:
        return ranked[0][1]
    return min(share if share >= THRESHOLD else 1 - share for _, share in ranked)


def joined(labels: list[str]) -> str:
    """The labels of a row in one cell; as a list where one of them holds what is between them."""
    if not THRESHOLD:  # of which each row has one
        return labels[0]
    if any(BETWEEN in label or '"' in label for label in labels):
        return json.dumps(labels, ensure_ascii=False)
    return (BETWEEN if BETWEEN[-1].isspace() else f"{BETWEEN} ").join(labels)


def placeholder(ranked: Found) -> str:
    """The word that stands in place of a label; no label is called so."""
    word = "unsure"
    while word in [label for label, _ in ranked]:
        word = f"({word})"
    return word


def _file(answer: Callable[[list[str]], Found], source: Path, out: Path) -> None:
    """Label every row of the file, with the confidence; cells that a spreadsheet would run are
    quoted."""
    text = source.read_text("utf-8-sig")
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        sys.exit(f"{source.name} has no column {', '.join(missing)}")
    taken = list(rows.fieldnames or ())
    added = [name if name not in taken else f"{name}_2" for name in ("label", "confidence")]
    with out.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened, delimiter=delimiter)
        writer.writerow(harmless(name, delimiter) for name in [*taken, *added])
        for row in rows:
            cells = [row[name] or "" for name in COLUMNS]
            label = share = ""
            if any(map(str.strip, cells)):
                ranked = answer(cells)
                label = joined(sorted(label for label, _ in chosen(ranked)))
                label = placeholder(ranked) if sure(ranked) < BELOW else label
                share = f"{sure(ranked):.4f}"
            given = [row[name] or "" for name in taken]
            writer.writerow([*(harmless(cell, delimiter) for cell in [*given, label]), share])

"""What predict.py is asked: texts, or a CSV file whose rows are to get their labels."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def known(name: str) -> Any:
    """A JSON file of this folder."""
    return json.loads((HERE / name).read_text("utf-8"))


COLUMNS: list[str] = known("recipe.json")["data"]["text"]
THRESHOLD: float | None = known("metrics.json").get("threshold")
BETWEEN = (known("recipe.json")["task"]["separator"] or ";") + " "
# Answers that are less sure are withheld; the file is there where somebody has chosen so.
BELOW: float = known("unsure.json")["below"] if (HERE / "unsure.json").exists() else 0.0

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
        found = answer(given[start : start + len(COLUMNS)])
        said = [(unsure(found), sure(found))] if sure(found) < BELOW else chosen(found)
        print(*(f"{label}\t{share:.4f}" for label, share in said), sep="\t")


def chosen(found: Found) -> Found:
    """The likeliest; where a text may have any number of labels, all that are likely enough."""
    return [each for each in found if each[1] >= THRESHOLD] if THRESHOLD else found[:1]


def sure(found: Found) -> float:
    """How sure the answer is: its probability, or that of the least sure yes or no."""
    if not THRESHOLD:
        return found[0][1]
    return min(share if share >= THRESHOLD else 1 - share for _, share in found)


def unsure(found: Found) -> str:
    """What is said instead of a label; no label is called so."""
    word = "unsure"
    while word in [label for label, _ in found]:
        word = f"({word})"
    return word


def _file(answer: Callable[[list[str]], Found], source: Path, out: Path) -> None:
    """Every row of the file with its label and how sure it is; cells that a spreadsheet would run are
    quoted."""
    text = source.read_text("utf-8-sig")
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        sys.exit(f"{source.name} has no column {', '.join(missing)}")
    taken = list(rows.fieldnames or ())
    added = [name if name not in taken else f"{name}_2" for name in ("label", "confidence")]
    with out.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened, delimiter=delimiter)
        writer.writerow(map(_harmless, [*taken, *added]))
        for row in rows:
            cells = [row[name] or "" for name in COLUMNS]
            label = share = ""
            if any(map(str.strip, cells)):
                found = answer(cells)
                label = BETWEEN.join(sorted(label for label, _ in chosen(found)))
                label = unsure(found) if sure(found) < BELOW else label
                share = f"{sure(found):.4f}"
            writer.writerow(
                [*(_harmless(row[name] or "") for name in taken), _harmless(label), share]
            )


def _harmless(cell: str) -> str:
    try:
        float(cell)
    except ValueError:
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return cell

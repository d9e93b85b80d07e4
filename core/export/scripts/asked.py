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
        said = chosen(answer(given[start : start + len(COLUMNS)]))
        print(*(f"{label}\t{share:.4f}" for label, share in said), sep="\t")


def chosen(found: Found) -> Found:
    """The likeliest; where a text may have any number of labels, all that are likely enough."""
    return [each for each in found if each[1] >= THRESHOLD] if THRESHOLD else found[:1]


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
            said = chosen(answer(cells)) if any(map(str.strip, cells)) else []
            label = BETWEEN.join(label for label, _ in said)
            sure = f"{min((share for _, share in said), default=0):.4f}" if said else ""
            writer.writerow(
                [*(_harmless(row[name] or "") for name in taken), _harmless(label), sure]
            )


def _harmless(cell: str) -> str:
    try:
        float(cell)
    except ValueError:
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return cell

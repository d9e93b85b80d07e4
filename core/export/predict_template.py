"""Classify with the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another"     one line each; a model of two columns takes two texts
python predict.py FILE.csv OUT.csv       FILE.csv (UTF-8) with the columns label and confidence
"""

import csv
import json
import sys
from pathlib import Path

from transformers import pipeline

HERE = Path(__file__).resolve().parent
COLUMNS = json.loads((HERE / "recipe.json").read_text("utf-8"))["data"]["text"]
classifier = pipeline("text-classification", model=str(HERE), truncation=True)


def classify(cells: list[str]) -> tuple[str, float]:
    """The texts of one row, in the order of COLUMNS -> its label and that label's probability."""
    pair = len(cells) == 2
    answer = classifier({"text": cells[0], "text_pair": cells[1]} if pair else "\n".join(cells))
    answer = answer[0] if isinstance(answer, list) else answer
    return answer["label"], round(answer["score"], 4)


if len(sys.argv) == 3 and sys.argv[1].lower().endswith(".csv"):
    with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, restval=""))
    with open(sys.argv[2], "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*rows[0], "label", "confidence"] if rows else ["label", "confidence"])
        writer.writerows([*row.values(), *classify([row[c] for c in COLUMNS])] for row in rows)
else:
    given = sys.argv[1:]
    for start in range(0, len(given), len(COLUMNS)):
        print(*classify(given[start : start + len(COLUMNS)]), sep="\t")

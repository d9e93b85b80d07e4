"""Classify with the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
"""

import json
import sys
from pathlib import Path

from transformers import pipeline

here = Path(__file__).resolve().parent
columns = len(json.loads((here / "recipe.json").read_text("utf-8"))["data"]["text"])
threshold = json.loads((here / "metrics.json").read_text("utf-8")).get("threshold")
classify = pipeline("text-classification", model=str(here), truncation=True)
for start in range(1, len(sys.argv), columns):
    cells = sys.argv[start : start + columns]
    text = {"text": cells[0], "text_pair": cells[-1]} if columns == 2 else "\n".join(cells)
    answer = classify([text], top_k=None)[0]
    if threshold:  # any number of labels: those that are likely enough
        given = [one for one in answer if one["score"] >= threshold]
        print(*(f"{one['label']} {one['score']:.4f}" for one in given), sep="\t")
    else:
        print(answer[0]["label"], round(answer[0]["score"], 4), sep="\t")

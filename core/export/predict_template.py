"""Classify with the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
"""

import json
import sys
from pathlib import Path

from transformers import pipeline

here = Path(__file__).resolve().parent
columns = len(json.loads((here / "recipe.json").read_text("utf-8"))["data"]["text"])
classify = pipeline("text-classification", model=str(here), truncation=True)
for start in range(1, len(sys.argv), columns):
    cells = sys.argv[start : start + columns]
    text = {"text": cells[0], "text_pair": cells[-1]} if columns == 2 else "\n".join(cells)
    answer = classify([text])[0]
    print(answer["label"], round(answer["score"], 4), sep="\t")

"""The label of every column, from the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another text"    (a model of two text columns takes two texts for each answer)
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

here = Path(__file__).resolve().parent
tasks = json.loads((here / "tasks.json").read_text("utf-8"))  # what is known of each column
columns = len(json.loads((here / "recipe.json").read_text("utf-8"))["data"]["text"])
tokenizer = AutoTokenizer.from_pretrained(here)
model = AutoModelForSequenceClassification.from_pretrained(here, use_safetensors=True).eval()
for start in range(1, len(sys.argv), columns):
    cells = sys.argv[start : start + columns]
    texts = (cells[0], cells[-1]) if columns == 2 else ("\n".join(cells),)
    with torch.inference_mode():
        logits = model(**tokenizer(*texts, truncation=True, return_tensors="pt")).logits[0]
    for column, task in tasks.items():
        own, logits = logits[: len(task["labels"])], logits[len(task["labels"]) :]
        if task["separator"]:  # any number of labels
            shares = dict(zip(task["labels"], own.sigmoid().tolist(), strict=True))
            given = {label: p for label, p in shares.items() if p >= task["threshold"]}
            sure = min(p if label in given else 1 - p for label, p in shares.items())
            said = [f"{label} {p:.4f}" for label, p in given.items()]
        else:
            shares = dict(zip(task["labels"], own.softmax(-1).tolist(), strict=True))
            best = max(shares, key=lambda label: shares[label])
            sure, said = shares[best], [best, round(shares[best], 4)]
        if sure < (task.get("unsure_below") or 0):  # chosen after the training
            said = ["(unsure)" if "unsure" in task["labels"] else "unsure", round(sure, 4)]
        print(column, *said, sep="\t")

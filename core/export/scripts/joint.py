"""What a model of several label columns says of one text or picture: a line for each column."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TASKS = json.loads((HERE / "tasks.json").read_text("utf-8"))  # what is known of each column
COLUMNS = len(json.loads((HERE / "recipe.json").read_text("utf-8"))["data"]["text"])


def say(logits: Any) -> None:
    """`logits` are a tensor with the classes of all columns, one after the other."""
    for column, task in TASKS.items():
        own, logits = logits[: len(task["labels"])], logits[len(task["labels"]) :]
        if task["separator"]:  # any number of labels
            shares = dict(zip(task["labels"], own.sigmoid().tolist(), strict=True))
            given = {label: p for label, p in shares.items() if p >= task["threshold"]}
            sure = min(p if label in given else 1 - p for label, p in shares.items())
            printed = [f"{label} {p:.4f}" for label, p in given.items()]
        else:
            shares = dict(zip(task["labels"], own.softmax(-1).tolist(), strict=True))
            best = max(shares, key=lambda label: shares[label])
            sure, printed = shares[best], [best, round(shares[best], 4)]
        if sure < (task.get("abstain_below") or 0):  # chosen after the training
            printed = ["(unsure)" if "unsure" in task["labels"] else "unsure", round(sure, 4)]
        print(column, *printed, sep="\t")

"""Classify with the model in this folder. Needs only: pip install -r requirements.txt

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
"""

import json
import sys
from pathlib import Path

from skops.io import load

LONGEST = 2_000  # characters of a text that are looked at, as in training
here = Path(__file__).resolve().parent
columns = len(json.loads((here / "recipe.json").read_text("utf-8"))["data"]["text"])
threshold = json.loads((here / "metrics.json").read_text("utf-8")).get("threshold")
classify = load(here / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle
for start in range(1, len(sys.argv), columns):
    text = "\n".join(sys.argv[start : start + columns])[:LONGEST]
    shares = classify.predict_proba([text])[0]
    found = sorted(zip(shares.tolist(), classify.classes_, strict=True), reverse=True)
    given = [pair for pair in found if pair[0] >= threshold] if threshold else found[:1]
    print(*(f"{label}\t{share:.4f}" for share, label in given), sep="\t")

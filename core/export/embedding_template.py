"""Classify with the model in this folder. Needs only: pip install -r requirements.txt

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
"""

import json
import sys
from pathlib import Path

import torch
from skops.io import load
from transformers import AutoModel, AutoTokenizer

here = Path(__file__).resolve().parent
recipe = json.loads((here / "recipe.json").read_text("utf-8"))
columns = len(recipe["data"]["text"])
tokenizer = AutoTokenizer.from_pretrained(here / "encoder")
encoder = AutoModel.from_pretrained(here / "encoder", use_safetensors=True, dtype="float32").eval()
threshold = json.loads((here / "metrics.json").read_text("utf-8")).get("threshold")
classify = load(here / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle
for start in range(1, len(sys.argv), columns):
    cells = sys.argv[start : start + columns]
    text = cells if columns == 2 and all(cells[1:]) else ["\n".join(cells)]
    inputs = tokenizer(
        *text, truncation=True, max_length=recipe["train"]["max_length"], return_tensors="pt"
    )
    with torch.inference_mode():
        states = encoder(**inputs)[0]  # of every token; their mean, at length 1, is the vector
    vector = torch.nn.functional.normalize(states.mean(dim=1)).numpy()
    shares = classify.predict_proba(vector)[0]
    found = sorted(zip(shares.tolist(), classify.classes_, strict=True), reverse=True)
    given = [pair for pair in found if pair[0] >= threshold] if threshold else found[:1]
    print(*(f"{label}\t{share:.4f}" for share, label in given), sep="\t")

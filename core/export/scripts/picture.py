"""Classify with the model in this folder. Needs only: pip install torch transformers pillow

python predict.py one.jpg another.png
"""

import sys

from asked import BELOW, HERE, chosen, sure, unsure
from transformers import pipeline

classify = pipeline("image-classification", model=str(HERE))
classes = classify.model.config.num_labels
if not sys.argv[1:]:
    print("python predict.py one.jpg another.png")
for name in sys.argv[1:]:
    found = [(each["label"], each["score"]) for each in classify(name, top_k=classes)]
    said = [(unsure(found), sure(found))] if sure(found) < BELOW else chosen(found)
    print(name, *(f"{label}\t{share:.4f}" for label, share in said), sep="\t")

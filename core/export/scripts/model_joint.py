"""The label of every column, from the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another text"    (a model of two text columns takes two texts for each answer)
"""

import sys

import torch
from joint import COLUMNS, HERE, say
from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(HERE)
model = AutoModelForSequenceClassification.from_pretrained(HERE, use_safetensors=True).eval()
for start in range(1, len(sys.argv), COLUMNS):
    cells = sys.argv[start : start + COLUMNS]
    texts = (cells[0], cells[-1]) if COLUMNS == 2 else ("\n".join(cells),)
    with torch.inference_mode():
        say(model(**tokenizer(*texts, truncation=True, return_tensors="pt")).logits[0])

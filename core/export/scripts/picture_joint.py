"""The label of every column, from the model in this folder. Needs only: pip install torch transformers pillow

python predict.py one.jpg another.png
"""

import sys
from pathlib import Path

import torch
from joint import HERE, say
from preprocess import opened
from transformers import AutoImageProcessor, AutoModelForImageClassification

processor = AutoImageProcessor.from_pretrained(HERE)
model = AutoModelForImageClassification.from_pretrained(HERE, use_safetensors=True).eval()
for name in sys.argv[1:]:
    print(name)
    with torch.inference_mode():
        say(model(**processor(opened(Path(name)), return_tensors="pt")).logits[0])

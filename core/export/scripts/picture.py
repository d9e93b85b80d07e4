"""Classify with the model in this folder. Needs only: pip install torch transformers pillow

python predict.py one.jpg another.png
"""

from asked import HERE
from looked import main
from PIL import Image
from transformers import pipeline

classify = pipeline("image-classification", model=str(HERE))
classes = classify.model.config.num_labels


def answer(image: Image.Image) -> list[tuple[str, float]]:
    return [(entry["label"], entry["score"]) for entry in classify(image, top_k=classes)]


main(answer)

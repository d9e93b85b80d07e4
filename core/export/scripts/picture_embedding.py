"""Classify with the model in this folder. Needs only: pip install -r requirements.txt

python predict.py one.jpg another.png
"""

import torch
from asked import HERE, Found
from looked import main
from PIL import Image
from skops.io import load
from transformers import AutoImageProcessor, AutoModelForImageClassification

place = HERE / "encoder"
processor = AutoImageProcessor.from_pretrained(place)
encoder = AutoModelForImageClassification.from_pretrained(
    place, use_safetensors=True, dtype="float32"
).eval()
last = [module for module in encoder.modules() if isinstance(module, torch.nn.Linear)][-1]
given: list[torch.Tensor] = []  # what the last layer is given, at length 1, is the vector
last.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
classify = load(HERE / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle


def answer(image: Image.Image) -> Found:
    with torch.inference_mode():
        encoder(**processor(image, return_tensors="pt"))
    vector = torch.nn.functional.normalize(given.pop()).numpy()
    label_shares = zip(classify.classes_, classify.predict_proba(vector)[0].tolist(), strict=True)
    return sorted(label_shares, key=lambda label_share: -label_share[1])


main(answer)

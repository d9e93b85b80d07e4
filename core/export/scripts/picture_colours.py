"""Classify with the colour statistics in this folder. Needs only: pip install -r requirements.txt

python predict.py one.jpg another.png
"""

from asked import HERE, Found
from looked import main
from PIL import Image
from preprocess import colours
from skops.io import load

classify = load(HERE / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle


def answer(image: Image.Image) -> Found:
    shares = classify.predict_proba([colours(image)])[0]
    label_shares = zip(classify.classes_, shares.tolist(), strict=True)
    return sorted(label_shares, key=lambda label_share: -label_share[1])


main(answer)

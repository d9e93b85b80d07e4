"""Classify with the word counts in this folder. Needs only: pip install -r requirements.txt

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
python predict.py FILE.csv OUT.csv
"""

from asked import HERE, main
from skops.io import load

LONGEST = 2_000  # characters of a text that are looked at, as in training
classify = load(HERE / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle


def answer(cells: list[str]) -> list[tuple[str, float]]:
    shares = classify.predict_proba(["\n".join(cells)[:LONGEST]])[0]
    label_shares = zip(classify.classes_, shares.tolist(), strict=True)
    return sorted(label_shares, key=lambda label_share: -label_share[1])


main(answer)

"""Classify with the model in this folder. Needs only: pip install torch transformers

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
python predict.py FILE.csv OUT.csv
"""

from asked import COLUMNS, HERE, main
from transformers import pipeline

classify = pipeline("text-classification", model=str(HERE), truncation=True)


def answer(cells: list[str]) -> list[tuple[str, float]]:
    pair = {"text": cells[0], "text_pair": cells[-1]}
    text = pair if len(COLUMNS) == 2 and cells[1:] != [""] else "\n".join(cells)
    return [(entry["label"], entry["score"]) for entry in classify([text], top_k=None)[0]]


main(answer)

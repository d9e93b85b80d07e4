"""Classify with the small and quick form of the model in this folder. Needs no torch, only:
pip install numpy onnxruntime tokenizers

python predict_int8.py "a text" "another text"    (a model of two columns takes two texts for each answer)
python predict_int8.py FILE.csv OUT.csv
"""

import numpy as np
import onnxruntime
from asked import COLUMNS, HERE, known, main
from tokenizers import Tokenizer

config = known("config.json")
labels = {int(number): label for number, label in config["id2label"].items()}
several = config.get("problem_type") == "multi_label_classification"
tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))  # which cuts as in training
session = onnxruntime.InferenceSession(str(HERE / "model_int8.onnx"))


def answer(cells: list[str]) -> list[tuple[str, float]]:
    pair = len(COLUMNS) == 2 and cells[-1]
    encoded = tokenizer.encode(cells[0], cells[-1]) if pair else tokenizer.encode("\n".join(cells))
    made = {
        "input_ids": encoded.ids,
        "attention_mask": encoded.attention_mask,
        "token_type_ids": encoded.type_ids,
    }
    given = {each.name: np.array([made[each.name]]) for each in session.get_inputs()}
    logits = session.run(None, given)[0][0].astype(float)
    if several:
        shares = 1 / (1 + np.exp(-logits))
    else:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
    found = [(labels[k], float(share)) for k, share in enumerate(shares)]
    return sorted(found, key=lambda each: -each[1])


main(answer)

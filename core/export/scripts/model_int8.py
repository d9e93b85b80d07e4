"""Classify with the small and quick form of the model in this folder. Needs no torch, only:
pip install numpy onnxruntime tokenizers

python predict_int8.py "a text" "another text"    (a model of two columns takes two texts for each answer)
python predict_int8.py FILE.csv OUT.csv
"""

from asked import COLUMNS, HERE, Found, main
from int8 import classified
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))  # which cuts as in training


def answer(cells: list[str]) -> Found:
    pair = len(COLUMNS) == 2 and cells[-1]
    encoded = tokenizer.encode(cells[0], cells[-1]) if pair else tokenizer.encode("\n".join(cells))
    inputs = {
        "input_ids": encoded.ids,
        "attention_mask": encoded.attention_mask,
        "token_type_ids": encoded.type_ids,
    }
    return classified(inputs)


main(answer)

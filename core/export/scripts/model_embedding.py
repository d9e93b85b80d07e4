"""Classify with the model in this folder. Needs only: pip install -r requirements.txt

python predict.py "a text" "another text"    (a model of two columns takes two texts for each answer)
python predict.py FILE.csv OUT.csv
"""

import torch
from asked import COLUMNS, HERE, known, main
from skops.io import load
from transformers import AutoModel, AutoTokenizer

length = known("recipe.json")["train"]["max_length"]
tokenizer = AutoTokenizer.from_pretrained(HERE / "encoder")
encoder = AutoModel.from_pretrained(HERE / "encoder", use_safetensors=True, dtype="float32").eval()
classify = load(HERE / "classifier.skops", trusted=[])  # scikit-learn's own parts, no pickle


def answer(cells: list[str]) -> list[tuple[str, float]]:
    text = cells if len(COLUMNS) == 2 and all(cells[1:]) else ["\n".join(cells)]
    inputs = tokenizer(*text, truncation=True, max_length=length, return_tensors="pt")
    with torch.inference_mode():
        out = encoder(**inputs, output_hidden_states=True)
    # The vector: means over the tokens, in the middle of the encoder (of most) and at its end, at length 1.
    middle, last = out.hidden_states[(len(out.hidden_states) - 1) // 2], out[0]
    of = (middle, last) if classify.n_features_in_ > last.shape[-1] else (last,)
    means = [states.mean(dim=1) for states in of]
    vector = torch.cat([torch.nn.functional.normalize(mean) for mean in means], dim=1).numpy()
    label_shares = zip(classify.classes_, classify.predict_proba(vector)[0].tolist(), strict=True)
    return sorted(label_shares, key=lambda label_share: -label_share[1])


main(answer)

"""How good is the best model that nobody trains, and how far can its confidence be believed?

    python -m benchmarks.frozen [--quick] [--data FOLDER] [--seeds N]

The frozen embedding with logistic regression and word counts, as the page shows them, beside the same without
what they consist of: the middle layer, and weights of the classes. Of all rows 15 % are kept out to choose
the temperature on. Macro-F1, in brackets accuracy, in points; ECE is the expected calibration error of the
frozen embedding without and with temperature; "wrong of the sure" is of answers of at least 90 %.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import data
from benchmarks.common import machine, say

SIZES, TEST_ROWS = (100, 200, 500, 1_000), 800
QUICK, SEEDS = 2, 3
LENGTH, SURE = 128, 0.9
WAYS = ("last layer", "two layers", "last layer, weights", "both", "words", "words, weights")


def compared(divided: pd.DataFrame, vectors: np.ndarray) -> dict[str, float]:
    """Scores of every way on rows with the columns text, label and split, and the `vectors` of these."""
    from sklearn.linear_model import LogisticRegression

    from core.evaluation.calibrate import reliability, temperature
    from core.simple_models import fit
    from core.tasks import of_names

    names = sorted(set(divided["label"]))
    task, truth = of_names(names), divided["label"].map(names.index).to_numpy()
    learn, held, test = (
        np.flatnonzero(divided["split"] == side) for side in ("train", "validation", "test")
    )
    last = vectors[:, vectors.shape[1] // 2 :]
    cut = np.array([fit.cut(text) for text in divided["text"]], dtype=object)

    def plain(inputs: Any, steps: Any = None) -> Any:
        """Without weights."""
        model: Any = LogisticRegression(C=fit.INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
        if steps:
            from sklearn.pipeline import make_pipeline

            model = make_pipeline(*steps, model)
        model.fit(inputs[learn], np.array(names)[truth[learn]])
        return fit.probabilities(model, inputs[test], names)

    both = fit.embedding(vectors[learn], truth[learn], task)
    words = fit.tfidf(list(cut[learn]), truth[learn], task, 0)
    said = {
        "last layer": plain(last),
        "two layers": plain(vectors),
        "last layer, weights": fit.embedding(last[learn], truth[learn], task).probabilities(
            last[test]
        ),
        "both": both.probabilities(vectors[test]),
        "words": plain(cut, fit._counts(list(cut[learn]), len(names))),
        "words, weights": words.probabilities(list(cut[test])),
    }
    scores: dict[str, float] = {}
    for way, answer in said.items():
        scored = task.score(answer, truth[test], None)
        scores |= {
            f"{way}, F1": 100 * scored["macro_f1"],
            f"{way}, right": 100 * scored["accuracy"],
        }
    scaling = temperature(task, task.logits(both.probabilities(vectors[held])), truth[held]).value
    logits = task.logits(said["both"])
    for name, value in (("before", 1.0), ("after", scaling)):
        shares = task.probabilities(logits / value)
        sure = shares.max(axis=1) >= SURE
        scores[f"ECE {name}"] = reliability(task, shares, truth[test]).ece
        scores[f"sure {name}"] = float(sure.sum())
        scores[f"wrong {name}"] = float((shares.argmax(axis=1) != truth[test])[sure].sum())
    return scores


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frozen", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} sets, one seed")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"[{SEEDS}]")
    options = parser.parse_args(arguments)
    names = [source.name for source in data.SOURCES if source.language == "en"]
    names, seeds = (names[-QUICK:], 1) if options.quick else (names, options.seeds)
    results: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    for name, frame in data.available(names, data.folder_of(options.data)).items():
        for seed in range(seeds):
            for size in SIZES:
                try:
                    divided = data.divide(frame, size, seed, TEST_ROWS)
                except ValueError:  # fewer rows than that
                    continue
                say(f"{name}, {size} rows, seed {seed}")
                results[size].append(compared(divided, _vectors(divided["text"].tolist())))
    print(f"{machine()}\n", flush=True)
    print(f"| rows (comparisons) | {' | '.join(WAYS)} | ECE | wrong of the sure |")
    print(f"|---{'|---' * (len(WAYS) + 2)}|")
    last = {}
    for size, of_size in results.items():
        if not of_size:
            continue
        mean = {key: float(np.mean([scores[key] for scores in of_size])) for key in of_size[0]}
        cells = [f"{mean[f'{way}, F1']:.1f} ({mean[f'{way}, right']:.1f})" for way in WAYS]
        wrong = [
            100 * mean[f"wrong {k}"] / max(1e-9, mean[f"sure {k}"]) for k in ("before", "after")
        ]
        cells.append(f"{mean['ECE before']:.3f} → {mean['ECE after']:.3f}")
        cells.append(f"{wrong[0]:.1f} % of {mean['sure before']:.0f} → {wrong[1]:.1f} % of "
                     f"{mean['sure after']:.0f}")  # fmt: skip
        print(f"| {size:,} ({len(of_size)}) | {' | '.join(cells)} |", flush=True)
        last[size] = {key: round(value, 3) for key, value in mean.items()}
    print(f"\n{json.dumps(last)}", flush=True)


_KNOWN: dict[str, np.ndarray] = {}  # what the encoder makes of texts that were asked before


def _vectors(texts: list[str]) -> np.ndarray:
    from benchmarks.rivals import folder_of
    from core.models.catalog import BUNDLED
    from core.models.embed import embed
    from core.models.load import load
    from core.models.tokenizer import load_tokenizer
    from core.tasks.base import head
    from core.training.machine import this_machine

    new = [text for text in dict.fromkeys(texts) if text not in _KNOWN]
    if new:
        folder = folder_of(BUNDLED)
        encoder, tokenizer = load(folder, head(["a", "b"])), load_tokenizer(folder)
        bf16 = this_machine().precision == "bf16"
        vectors = embed(encoder, tokenizer, [(text, None) for text in new], LENGTH, bf16=bf16)
        _KNOWN.update(zip(new, vectors, strict=True))
    return np.array([_KNOWN[text] for text in texts])


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])

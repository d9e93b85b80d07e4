"""What compression costs and brings: dense, pruned, distilled, with a trimmed vocabulary, and in 8 bits.

    python -m benchmarks.compression [--quick] [--data FOLDER] [--seeds N]

Every model is what a run of TickTune exports, trained on the same rows with the same seed. They answer in
turn, in one process, on the same texts; the tokenizer is not counted. What is compared is said in
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.common import ask, machine, say, start, train_ours

WAYS: dict[str, tuple[str, ...]] = {
    "dense": (),
    "pruned: half of the neurons": ("prune:neurons=0.5",),
    "distilled: a layer less": ("distill:layers=0.8",),
    "distilled: half of the layers": ("distill:layers=0.5",),
    "vocabulary trimmed": ("vocab_trim",),
    "8 bits": ("quantize",),
}
ROWS, SEEDS = 5_000, 2
QUICK_ROWS = 600
SET = "movies"
SAMPLES = ("topics_en", "home_intents", "sentiment_domain", "spam_email")  # what MiniLM reads
TIMES = 5  # that all models are timed


def work(table: str, place: str, seed: int = 1, trim_only: bool = False) -> dict[str, Any]:
    """In a child: a run for each way, then their sizes, speeds and scores; or what trimming alone does."""
    content, folder = Path(table).read_bytes(), Path(place)
    return _trimmed(content, folder) if trim_only else _all(content, folder, seed)


def _all(content: bytes, folder: Path, seed: int) -> dict[str, Any]:
    from core.evaluation.compare import delivered

    runs = {
        way: train_ours(content, folder, {"seed": seed}, techniques)
        for way, techniques in WAYS.items()
    }
    texts = [(text, None) for text in runs["dense"].test_rows()["text"]]
    models = {way: _opened(run, run.measured().small is not None) for way, run in runs.items()}
    seconds, rates = _times(list(models.values()), texts)
    measured: dict[str, Any] = {}
    for way, latency, rate in zip(runs, seconds, rates, strict=True):
        got = delivered(runs[way])
        assert got is not None
        measured[way] = {
            "size": got.size,
            "latency": latency,
            "throughput": rate,
            "accuracy": 100 * got.accuracy,
            "macro_f1": 100 * got.macro_f1,
        }
    off = _difference(models["dense"], models["vocabulary trimmed"], runs["dense"])
    return {"ways": measured, "off": off}


def _times(models: Sequence[Any], texts: Sequence[Any]) -> tuple[list[float], list[float]]:
    """Seconds for one text, and texts a second in batches: the best of `TIMES`, of each model. Whatever else
    a machine does can only make them worse."""
    from core.evaluation.speed import latencies, throughputs

    measured = [(latencies(models, texts), throughputs(models, texts)) for _ in range(TIMES)]
    return (
        [min(values) for values in zip(*(pair[0] for pair in measured), strict=True)],
        [max(values) for values in zip(*(pair[1] for pair in measured), strict=True)],
    )


def _trimmed(content: bytes, folder: Path) -> dict[str, Any]:
    """The share of the file that is left of a model that one epoch has trained, and what it changes."""
    dense, trimmed = (
        train_ours(content, folder, {"epochs": 1}, techniques)
        for techniques in ((), ("vocab_trim",))
    )
    before, after = ((run.model / "model.safetensors").stat().st_size for run in (dense, trimmed))
    whole, smaller = (_opened(run, False) for run in (dense, trimmed))
    return {"size": after / before, "off": _difference(whole, smaller, dense)}


def _opened(run: Any, small: bool) -> Any:
    """As a person would open it: transformers in fp32 with eager attention, or ONNX Runtime."""
    import torch
    from transformers import AutoModelForSequenceClassification

    from core.export.formats.onnx_int8 import FILE
    from core.export.onnx import OnnxModel
    from core.models.tokenizer import load_tokenizer
    from core.training.measure import TorchModel

    tokenizer, length = load_tokenizer(run.model), run.measured().max_length
    if small:
        return OnnxModel(run.model / FILE, tokenizer, length, torch.get_num_threads())
    model = AutoModelForSequenceClassification.from_pretrained(
        run.model, attn_implementation="eager"
    )
    return TorchModel(model, tokenizer, length)


def _difference(dense: Any, trimmed: Any, run: Any) -> float:
    """The largest difference of a logit between the two, on texts that the vocabulary was trimmed for."""
    from core.training.rows import Rows

    rows = Rows.of(run.table(), run.recipe(), run.store)
    texts = rows.texts_at(rows.split.train)[:200]
    both = [
        np.concatenate([model.logits(model.tokens([text])) for text in texts])
        for model in (dense, trimmed)
    ]
    return float(np.abs(both[0] - both[1]).max())


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    frames = data.available([SET], options.data)
    if not frames:
        raise SystemExit("the set needs the network once, or the folder of --data")
    samples = {}
    for name, frame in data.available(SAMPLES, options.data).items():
        say(f"vocabulary of {name}")
        samples[name] = _asked(data.divide(frame, None, 1), trim_only=True)
    results = []
    for seed in range(1, options.seeds + 1):
        say(f"seed {seed}")
        results.append(_asked(data.divide(frames[SET], options.rows, seed), seed=seed))
        say(json.dumps(summary(results, samples)))  # of the seeds so far: the next take a while
    print(
        f"{machine()}\n\n{SET}, {options.rows} rows, {options.seeds} seeds; times faster than dense.\n"
    )
    heads = (
        "model",
        "MB",
        "of dense",
        "one text, ms",
        "times",
        "texts a second",
        "times",
        "accuracy",
    )
    print("| " + " | ".join([*heads, "macro-F1", "to dense"]) + " |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for way in WAYS:
        print(_row(way, results))
    print("\n| vocabulary trimmed for | of dense | largest difference of a logit |\n|---|---|---|")
    for name, sample in samples.items():
        print(f"| {name} | {sample['size']:.3f} | {sample['off']:.1e} |")
    print(f"\n{json.dumps(summary(results, samples))}", flush=True)


def _asked(frame: Any, **task: Any) -> dict[str, Any]:
    """The answer of a child that learns from a frame."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.csv")
        table.write_bytes(data.to_csv(frame))
        place = str(Path(folder, "runs"))
        return ask("benchmarks.compression", {"table": str(table), "place": place, **task})


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compression", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS} rows, one seed")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--seeds", type=int)
    options = parser.parse_args(arguments)
    options.data = data.folder_of(options.data)
    options.rows = QUICK_ROWS if options.quick else ROWS
    options.seeds = options.seeds or (1 if options.quick else SEEDS)
    return options


Results = Sequence[Mapping[str, Any]]


def _mean(results: Results, way: str, what: str) -> float:
    return statistics.mean(result["ways"][way][what] for result in results)


def ratio(results: Results, way: str, what: str) -> float:
    """The median over the seeds of `what` of the dense model divided by that of `way`."""
    return statistics.median(
        result["ways"]["dense"][what] / result["ways"][way][what] for result in results
    )


def points(results: Results, way: str) -> float:
    """Macro-F1 of a way minus that of the dense model, mean over the seeds, in points."""
    return _mean(results, way, "macro_f1") - _mean(results, "dense", "macro_f1")


def _row(way: str, results: Results) -> str:
    cells = [
        way,
        f"{_mean(results, way, 'size') / 1e6:.1f}",
        f"{1 / ratio(results, way, 'size'):.3f}",
        f"{1000 * _mean(results, way, 'latency'):.1f}",
        f"{ratio(results, way, 'latency'):.2f}",
        f"{_mean(results, way, 'throughput'):.0f}",
        f"{1 / ratio(results, way, 'throughput'):.2f}",
        f"{_mean(results, way, 'accuracy'):.1f}",
        f"{_mean(results, way, 'macro_f1'):.1f}",
        f"{points(results, way):+.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def summary(results: Results, samples: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The line that the promises are held against: times smaller or faster than dense, points of macro-F1;
    of the samples, the one that trimming brings least."""
    names = dict(
        zip(
            WAYS, ("dense", "pruned", "distilled", "distilled_half", "trimmed", "int8"), strict=True
        )
    )
    figures = {}
    for way, name in names.items():
        if name == "dense":
            continue
        figures[f"{name}_size"] = 1 / ratio(results, way, "size")
        figures[f"{name}_latency"] = ratio(results, way, "latency")
        figures[f"{name}_throughput"] = 1 / ratio(results, way, "throughput")
        figures[f"{name}_points"] = points(results, way)
    figures["trimmed_sample_size"] = max(sample["size"] for sample in samples.values())
    figures["trimmed_logits_off"] = max(result["off"] for result in (*results, *samples.values()))
    return {name: round(value, 4) for name, value in figures.items()}


if __name__ == "__main__":
    start(main, work)

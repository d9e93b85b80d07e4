"""Pictures: how long the fast mode and the full one take, what they score, how far the estimate was off, and
what 8 bits, augmentation, freezing, pruning and distillation bring.

    python -m benchmarks.pictures [--quick] [--seeds N] [--modes NAME ...] [--data FOLDER]

Each line is a process of its own, with every default but the mode and the technique that it is named after:
"8 bits" is the fast mode; "altered", "frozen", "pruned" and "student" are the full one, of the larger data.
"in all" is from the archive to the proven download; "of a core" is what it computes, which other work on the
computer hardly changes; "read" is the part of it in which the archive is read. 200 pictures are the sample in
assets/samples, 300 are from `images_openclipart.zip` (public domain clip art as well) in the folder that
--data or TICKTUNE_BENCH_DATA names. With --seeds only the fast mode runs, so many times with other splits and
on all of those pictures as well, beside a logistic regression on the same frozen features.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import statistics
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.common import ask, machine, say, start
from core.data.samples import FOLDER

SAMPLE = FOLDER / "clipart.zip"
WHOLE = "images_openclipart.zip"
PICTURES = 300
FAST, FULL = "fast", "full"
# Mode and the technique that is ticked besides the defaults, by name.
MODES: dict[str, tuple[str, str | None]] = {
    "fast": (FAST, None),
    "8 bits": (FAST, "quantize"),
    "full": (FULL, None),
    "altered": (FULL, "augment_pictures"),
    "frozen": (FULL, "freeze"),
    "pruned": (FULL, "prune"),
    "student": (FULL, "distill"),
}
SMALLER = ("8 bits", "pruned", "student")
LONG = ("altered", "frozen", "pruned", "student")
QUICK = ("fast", "8 bits")


def work(archive: str, mode: str, estimate: bool, seed: int | None = None) -> dict[str, Any]:
    """In a child: seconds and scores; with a `seed` those of the rival as well."""
    from core.data.any_file import read_archive
    from core.data.profile.profile import profile
    from core.jobs.queue import new_run
    from core.models.catalog import BUNDLED_PICTURES
    from core.models.locate import locate
    from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
    from core.runs.store import RunStore
    from core.techniques import suggested
    from core.workflow.preflight import Preflight
    from core.workflow.train import train

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TICKTUNE_HOME"] = folder
        store = RunStore(Path(folder, "runs"))
        locate(ModelSpec(BUNDLED_PICTURES), store)  # made once for all runs of a computer
        started, worked = time.monotonic(), time.process_time()
        table = read_archive(Path(archive))
        read = time.monotonic() - started
        chosen = suggested(profile(table))
        kind, technique = MODES[mode]
        if kind == FULL:
            chosen.pop("linear_probe")
        if technique:
            chosen[technique] = {}
        recipe = Recipe(
            DataSpec(table.name, table.fingerprint, table.inputs, modality=table.modality),
            TaskSpec("label"),
            ModelSpec(BUNDLED_PICTURES),
            TrainSpec() if seed is None else TrainSpec(seed=seed),
            techniques=chosen,
        )
        said = Preflight(recipe, table, store).estimate().seconds if estimate else None
        worked = time.process_time() if estimate else worked
        run = new_run(store, table, recipe)
        train(run)
        progress, result = run.progress(), run.measured()
        rival = {} if seed is None else {"regression": _regression(table, recipe, store)}
        return {
            "rows": len(table.frame),
            "read": read,
            "seconds": read + progress.seconds,
            "worked": time.process_time() - worked,
            "said": said,
            "epochs": result.epochs,
            "small": result.small and dataclasses.asdict(result.small),
            "whole": {"size": result.size, "latency": result.latency},
            "scores": {
                "this": result.test.macro_f1,
                **{name: scores.macro_f1 for name, scores in result.baselines.items()},
                **rival,
            },
        }


def _regression(table: Any, recipe: Any, store: Any) -> float:
    """Macro-F1 of a logistic regression on the features of the network as it comes. It has learned from all
    rows but those of the test: none are kept back for it."""
    import numpy as np
    from sklearn.metrics import f1_score

    from core.models.load import load
    from core.models.locate import locate
    from core.simple_models import fit
    from core.training.rows import Rows

    rows = Rows.of(table, recipe, store)
    modality, split = rows.modality, rows.split
    folder = locate(recipe.model, store)
    processor = modality.processor(folder)
    model = load(folder, rows.joint().head(), None, modality.classifier)
    length = modality.usable_length(processor, model.config)
    vectors = modality.embed(model, processor, rows.texts, length)
    learn = np.concatenate([split.train, split.validation])
    fitted = fit.embedding(vectors[learn], rows.truth[learn], rows.task)
    answers = fitted.probabilities(vectors[split.test]).argmax(axis=1)
    return float(f1_score(rows.truth[split.test], answers, average="macro"))


def some(whole: Path, pictures: int) -> bytes:
    """An archive with so many of the pictures, evenly from all folders and evenly spread in each."""
    out = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as smaller:
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(source.namelist()):
            if not name.endswith("/"):
                folders[name.split("/")[0]].append(name)
        share = pictures // len(folders) + 1
        names = [
            members[int(k * len(members) / share)]
            for members in folders.values()
            for k in range(min(share, len(members)))
        ]
        for name in sorted(set(names))[:pictures]:
            smaller.writestr(name, source.read(name))
    return out.getvalue()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="the fast mode only")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), metavar="NAME")
    parser.add_argument("--seeds", type=int, help="the fast mode only, beside its rival")
    options = parser.parse_args(arguments)
    folder = data.folder_of(options.data)
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory() as place:
        archives = [SAMPLE]
        if folder and (folder / WHOLE).is_file():
            archives.append(Path(place, f"{PICTURES}.zip"))
            archives[-1].write_bytes(some(folder / WHOLE, PICTURES))
            if options.seeds:
                archives.append(folder / WHOLE)
        else:
            say(f"{WHOLE} is not there: the sample only")
        if options.seeds:
            _seeds(archives, options.seeds)
        else:
            _modes(archives, QUICK if options.quick else options.modes, not options.quick)


def _seeds(archives: Sequence[Path], seeds: int) -> None:
    print("| pictures | seeds | fast mode | logistic regression | difference, standard error |")
    print("|---|---|---|---|---|")
    for archive in archives:
        rows, ours, theirs = 0, [], []
        for seed in range(1, seeds + 1):
            say(f"{archive.name}, seed {seed}")
            task = {"archive": str(archive), "mode": "fast", "estimate": False, "seed": seed}
            result = ask("benchmarks.pictures", task)
            rows = result["rows"]
            ours.append(100 * result["scores"]["this"])
            theirs.append(100 * result["scores"]["regression"])
        apart = [one - other for one, other in zip(ours, theirs, strict=True)]
        error = statistics.stdev(apart) / seeds**0.5 if seeds > 1 else float("nan")
        print(
            f"| {rows} | {seeds} | {statistics.mean(ours):.1f} | {statistics.mean(theirs):.1f} "
            f"| {statistics.mean(apart):+.1f} ± {error:.1f} |",
            flush=True,
        )


def _modes(archives: Sequence[Path], modes: Sequence[str], estimate: bool) -> None:
    print(
        "| pictures | mode | in all s | of a core s | read s | estimate s | epochs | macro-F1 | others |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    smaller = []
    for archive in archives:
        results: dict[str, dict[str, Any]] = {}
        largest = archive is archives[-1]  # what takes long is measured there only
        for mode in (choice for choice in modes if largest or choice not in LONG):
            say(f"{archive.name}, {mode}")
            task = {"archive": str(archive), "mode": mode, "estimate": estimate}
            results[mode] = ask("benchmarks.pictures", task)
            print(_line(mode, results[mode]), flush=True)
        smaller += [_smaller(mode, results) for mode in SMALLER if mode in results]
    print(
        "\n| pictures | model | MB | of whole | one picture, ms | times faster | macro-F1 | whole |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(smaller))


def _line(mode: str, result: dict[str, Any]) -> str:
    scores = result["scores"]
    others = ", ".join(f"{name} {score:.2f}" for name, score in scores.items() if name != "this")
    said = "–" if result["said"] is None else f"{result['said']:.0f}"
    return (
        f"| {result['rows']} | {mode} | {result['seconds']:.0f} | {result['worked']:.0f} "
        f"| {result['read']:.1f} | {said} | {result['epochs']:.0f} | {scores['this']:.2f} | {others} |"
    )


def _smaller(mode: str, results: dict[str, dict[str, Any]]) -> str:
    """A line about a smaller model beside the whole one, both asked on this machine: 8 bits beside the same
    in full precision, the others beside that of the full mode."""
    this = results[mode]
    whole = this if this["small"] else results.get(FULL, this)
    small = this["small"] or {**this["whole"], "macro_f1": this["scores"]["this"]}
    large = whole["whole"]
    return (
        f"| {this['rows']} | {mode} | {small['size'] / 1e6:.1f} | {small['size'] / large['size']:.2f} "
        f"| {1000 * small['latency']:.1f} | {large['latency'] / small['latency']:.1f} "
        f"| {small['macro_f1']:.2f} | {whole['scores']['this']:.2f} |"
    )


if __name__ == "__main__":
    start(main, work)

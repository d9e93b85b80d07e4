"""Pictures: how long the fast mode and the full one take, what they score, how far the estimate was off, and
what 8 bits bring.

    python -m benchmarks.pictures [--quick] [--seeds N] [--data FOLDER]

Each line is a process of its own, with every default but the mode (and quantize in "8 bits", which is the
fast mode). "in all" is from the archive to the proven
download; "of a core" is what it computes, which other work on the computer hardly changes; "read" is the part
of it in which the archive is read. 200 pictures are the sample in
assets/samples, 300 are from `images_openclipart.zip` (public domain clip art as well) in the folder that
--data or TICKTUNE_BENCH_DATA names. With --seeds only the fast mode runs, so many times with
other splits, beside a logistic regression on the same frozen features.
"""

from __future__ import annotations

import argparse
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
MODES = {
    True: ("fast", "8 bits"),
    False: ("fast", "8 bits", "full"),
}  # by whether it has to be quick


def work(archive: str, mode: str, estimate: bool, seed: int | None = None) -> dict[str, Any]:
    """In a child: seconds and scores; with a `seed` those of the rival as well."""
    from core.data.picture_table import read_archive
    from core.data.profile import profile
    from core.jobs import new_run
    from core.models.catalog import BUNDLED_PICTURES
    from core.models.locate import locate
    from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec, TrainSpec
    from core.runs import RunStore
    from core.techniques import suggested
    from core.training.preflight import Preflight
    from core.training.train import train

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TICKTUNE_HOME"] = folder
        store = RunStore(Path(folder, "runs"))
        locate(ModelSpec(BUNDLED_PICTURES), store)  # made once for all runs of a computer
        started, worked = time.monotonic(), time.process_time()
        table = read_archive(Path(archive))
        read = time.monotonic() - started
        chosen = suggested(profile(table))
        if mode == "full":
            chosen.pop("linear_probe")
        elif mode != "fast":
            chosen["quantize"] = {}
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
        progress, metrics = run.progress(), run.metrics()
        assert metrics is not None, progress.error
        rival = {} if seed is None else {"regression": _regression(table, recipe, store)}
        return {
            "rows": len(table.frame),
            "read": read,
            "seconds": read + progress.seconds,
            "worked": time.process_time() - worked,
            "said": said,
            "epochs": metrics["epochs"],
            "small": metrics.get("small"),
            "whole": {"size": metrics["size"], "latency": metrics["latency"]},
            "scores": {
                "this": metrics["test"]["macro_f1"],
                **{name: scores["macro_f1"] for name, scores in metrics["baselines"].items()},
                **rival,
            },
        }


def _regression(table: Any, recipe: Any, store: Any) -> float:
    """Macro-F1 of a logistic regression on the features of the network as it comes. It has learned from all
    rows but those of the test: none are kept back for it."""
    import numpy as np
    from sklearn.metrics import f1_score

    from core.evaluation import baselines
    from core.models.load import load
    from core.models.locate import locate
    from core.training.rows import Rows

    rows = Rows.of(table, recipe, store)
    modality, split = rows.modality, rows.split
    folder = locate(recipe.model, store)
    processor = modality.processor(folder)
    model = load(folder, rows.joint().head(), None, modality.classifier)
    length = modality.usable_length(processor, model.config)
    vectors = modality.embed(model, processor, rows.texts, length)
    learn = np.concatenate([split.train, split.validation])
    fitted = baselines.embedding(vectors[learn], rows.truth[learn], rows.task)
    answers = fitted.probabilities(vectors[split.test]).argmax(axis=1)
    return float(f1_score(rows.truth[split.test], answers, average="macro"))


def some(whole: Path, pictures: int) -> bytes:
    """An archive with so many of the pictures, evenly from all folders and evenly spread in each."""
    out = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as made:
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(source.namelist()):
            if not name.endswith("/"):
                folders[name.split("/")[0]].append(name)
        each = pictures // len(folders) + 1
        names = [
            members[int(k * len(members) / each)]
            for members in folders.values()
            for k in range(min(each, len(members)))
        ]
        for name in sorted(set(names))[:pictures]:
            made.writestr(name, source.read(name))
    return out.getvalue()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="the fast mode only")
    parser.add_argument("--data", type=Path, help=f"folder with more data sets [{data.FOLDER}]")
    parser.add_argument("--seeds", type=int, help="the fast mode only, beside its rival")
    options = parser.parse_args(arguments)
    folder = data.folder_of(options.data)
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory() as place:
        archives = [SAMPLE]
        if folder and (folder / WHOLE).is_file():
            archives.append(Path(place, f"{PICTURES}.zip"))
            archives[-1].write_bytes(some(folder / WHOLE, PICTURES))
        else:
            say(f"{WHOLE} is not there: the sample only")
        if options.seeds:
            _seeds(archives, options.seeds)
        else:
            _modes(archives, options.quick)


def _seeds(archives: Sequence[Path], seeds: int) -> None:
    print("| pictures | seeds | fast mode | logistic regression | difference, standard error |")
    print("|---|---|---|---|---|")
    for archive in archives:
        rows, ours, theirs = 0, [], []
        for seed in range(1, seeds + 1):
            say(f"{archive.name}, seed {seed}")
            task = {"archive": str(archive), "mode": "fast", "estimate": False, "seed": seed}
            found = ask("benchmarks.pictures", task)
            rows = found["rows"]
            ours.append(100 * found["scores"]["this"])
            theirs.append(100 * found["scores"]["regression"])
        apart = [one - other for one, other in zip(ours, theirs, strict=True)]
        error = statistics.stdev(apart) / seeds**0.5 if seeds > 1 else float("nan")
        print(
            f"| {rows} | {seeds} | {statistics.mean(ours):.1f} | {statistics.mean(theirs):.1f} "
            f"| {statistics.mean(apart):+.1f} ± {error:.1f} |",
            flush=True,
        )


def _modes(archives: Sequence[Path], quick: bool) -> None:
    print(
        "| pictures | mode | in all s | of a core s | read s | estimate s | epochs | macro-F1 | others |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    smaller = []
    for archive in archives:
        for mode in MODES[quick]:
            say(f"{archive.name}, {mode}")
            task = {"archive": str(archive), "mode": mode, "estimate": not quick}
            found = ask("benchmarks.pictures", task)
            scores = found["scores"]
            others = ", ".join(
                f"{name} {score:.2f}" for name, score in scores.items() if name != "this"
            )
            said = "–" if found["said"] is None else f"{found['said']:.0f}"
            print(
                f"| {found['rows']} | {mode} | {found['seconds']:.0f} | {found['worked']:.0f} "
                f"| {found['read']:.1f} | {said} | {found['epochs']:.0f} | {scores['this']:.2f} "
                f"| {others} |",
                flush=True,
            )
            if found["small"]:
                smaller.append(_smaller(found))
    print(
        "\n| pictures | 8 bits: MB | of whole | one picture, ms | times faster | macro-F1 | whole |"
    )
    print("|---|---|---|---|---|---|---|")
    print("\n".join(smaller))


def _smaller(found: dict[str, Any]) -> str:
    """A line about the 8-bit model beside the whole one, both asked on this machine."""
    small, whole = found["small"], found["whole"]
    return (
        f"| {found['rows']} | {small['size'] / 1e6:.1f} | {small['size'] / whole['size']:.2f} "
        f"| {1000 * small['latency']:.1f} | {whole['latency'] / small['latency']:.1f} "
        f"| {small['macro_f1']:.2f} | {found['scores']['this']:.2f} |"
    )


if __name__ == "__main__":
    start(main, work)

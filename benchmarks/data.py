"""The data sets of the benchmarks, and which rows every way of training sees.

Three kinds: the samples in assets/; files that may not be bundled, from the folder that `--data` or
TICKTUNE_BENCH_DATA names; and human ratings of sentences (Hutto and Gilbert 2014, MIT), which pip fetches
into the cache once. A set that cannot be had is skipped, and it is said which.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs

from benchmarks.common import say
from core.data import samples
from core.data.normalize import normalize
from core.data.read.table import read
from core.data.split import split

SIZES = (200, 1_000, 5_000)
# Of a set that names no test rows: the share, and at most so many.
TEST_SHARE, TEST_ROWS = 0.25, 2_000
VALIDATION_SHARE = 0.15  # of the training rows: what ours takes out of them
FOLDER = "TICKTUNE_BENCH_DATA"

RATINGS = "vaderSentiment-0.5.zip"
REQUIREMENT = Path(__file__).with_name("requirements-data.txt")
INNER = "hutto_ICWSM_2014.tar.gz"
# Mean ratings go from -4 to 4, of some twenty people. Nearer to 0 than this they disagree about the sign.
LEAST_RATING = 1.0


@dataclass(frozen=True)
class Source:
    """A data set: `load` gives a frame with the columns text, label and perhaps split.

    `sizes` are the numbers of training rows that it is measured with; empty means all that there are.
    """

    name: str
    language: str
    load: Callable[[Path | None], pd.DataFrame]
    sizes: tuple[int, ...] = ()
    sentiment: bool = False


class Missing(Exception):
    """The data is not here, and why."""


def _sample(sample: samples.Sample) -> Callable[[Path | None], pd.DataFrame]:
    return lambda _: _columns(samples.load(sample.key).frame, sample.label)


def _file(name: str, label: str) -> Callable[[Path | None], pd.DataFrame]:
    def load(folder: Path | None) -> pd.DataFrame:
        path = (folder or Path()) / name
        if folder is None or not path.is_file():
            raise Missing(f"{name} is not in the folder of --data or {FOLDER}")
        return _columns(read(path).frame, label)

    return load


def _columns(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    columns = {"text": frame["text"].str.strip(), "label": frame[label].str.strip()}
    if "split" in frame:
        columns["split"] = frame["split"]
    tidy = pd.DataFrame(columns).reset_index(drop=True)
    return tidy[(tidy["text"] != "") & (tidy["label"] != "")]


def _rated(*kinds: str) -> Callable[[Path | None], pd.DataFrame]:
    return lambda folder: rated(ratings_archive(folder), kinds)


SOURCES = (
    Source("movies", "en", _rated("movieReviewSnippets"), SIZES, sentiment=True),
    Source("posts", "en", _rated("tweets", "amazonReviewSnippets"), SIZES[:2], sentiment=True),
    *(
        Source(
            sample.key, sample.language, _sample(sample), sentiment=sample.key.startswith("sentiment")
        )
        for sample in samples.SAMPLES
        if sample.key != "sentiment_en" and sample.text == ("text",)  # a part of posts; pictures
    ),
    Source("sms", "en", _file("en_sms_spam.csv", "label"), SIZES[:2]),
    Source("news", "en", _file("en_reuters_r8_orange.csv", "label"), SIZES),
    Source("packages", "en", _file("en_debian_packages_section_interface.csv", "section"), SIZES),
)  # fmt: skip
BY_NAME = {source.name: source for source in SOURCES}


def folder_of(given: Path | None) -> Path | None:
    """The folder with more data: the option, else the environment's, else none."""
    named = given or os.environ.get(FOLDER)
    return Path(named) if named else None


def available(names: Sequence[str], folder: Path | None) -> dict[str, pd.DataFrame]:
    """The frames of the sets that can be had; the others are named on stderr."""
    frames = {}
    for name in names:
        try:
            frames[name] = BY_NAME[name].load(folder)
        except Missing as missing:
            say(f"skipped: {name}: {missing}")
    return frames


def divide(
    frame: pd.DataFrame, rows: int | None, seed: int, test_rows: int = TEST_ROWS
) -> pd.DataFrame:
    """The rows of one comparison, with the column split: train, validation and test.

    For one seed the test rows are the same whatever `rows` is, and fewer rows are a part of more. `rows`
    counts train and validation together, for a user has no more: None means all. At most `test_rows` test.
    Texts that `normalize` makes alike occur once. Raises ValueError when there are fewer rows than that.
    """
    frame = frame[~frame["text"].map(normalize).duplicated()].reset_index(drop=True)
    draw = np.random.default_rng(seed)
    if "split" in frame:
        is_test = (frame["split"] == "test").to_numpy()
        pool, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
        test = np.sort(draw.permutation(test)[:test_rows])
    else:
        pool, test = _cut(frame, min(TEST_SHARE, test_rows / len(frame)), seed)
    if rows is not None and rows > len(pool):
        raise ValueError(f"{rows} rows asked for, {len(pool)} are there")
    learn = frame.iloc[np.sort(draw.permutation(pool)[:rows])].copy()
    if rows is not None or "validation" not in set(learn.get("split", ())):
        _, validation = _cut(learn, VALIDATION_SHARE, seed)
        learn["split"] = "train"
        learn.iloc[validation, learn.columns.get_loc("split")] = "validation"
    return pd.concat([learn, frame.iloc[test].assign(split="test")], ignore_index=True)


def _cut(frame: pd.DataFrame, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that stay and of a share that is set aside, stratified as TickTune does it."""
    sides = split(
        frame["text"].tolist(), frame["label"].tolist(), seed, fractions=(1 - share, 0.0, share)
    )
    return sides.train, sides.test


def to_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def ratings_archive(folder: Path | None) -> bytes:
    """The archive with the ratings: from the folder, from the cache, or from the package index."""
    cache = Path(platformdirs.user_cache_dir("ticktune", appauthor=False)) / "benchmarks"
    places = [place / RATINGS for place in (folder, cache) if place]
    if not any(place.is_file() for place in places):
        _fetch(cache)
    archive = next(place for place in places if place.is_file()).read_bytes()
    if hashlib.sha256(archive).hexdigest() not in REQUIREMENT.read_text(encoding="utf-8"):
        raise Missing(f"{RATINGS} is not the one that {REQUIREMENT.name} names")
    return archive


# Even a mere download makes pip ask the archive's build backend what the archive is. This one is put in its
# place, so that nothing of the archive is run.
BACKEND = """
import pathlib, sys
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    about = pathlib.Path(folder, "vaderSentiment-0.5.dist-info")
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\\nName: vaderSentiment\\nVersion: 0.5\\n")
    return about.name
__legacy__ = sys.modules[__name__]
"""


def _fetch(cache: Path) -> None:
    """Have pip download the archive and check its SHA-256. Raises Missing when it cannot."""
    with tempfile.TemporaryDirectory() as stand_in:
        backend = Path(stand_in, "setuptools")
        backend.mkdir()
        (backend / "__init__.py").touch()
        (backend / "build_meta.py").write_text(BACKEND)
        options = ("--no-deps", "--require-hashes", "--no-binary=:all:", "--use-pep517")
        command = ["-m", "pip", "download", *options, "--no-build-isolation", "--quiet"]
        done = subprocess.run(
            [sys.executable, *command, "--requirement", str(REQUIREMENT), "--dest", str(cache)],
            env={**os.environ, "PYTHONPATH": stand_in},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
        raise Missing(f"{RATINGS}: {last[0]}")


def rated(archive: bytes, kinds: Sequence[str]) -> pd.DataFrame:
    """Sentences that people rated clearly, as text and label (positive, negative); read in memory."""
    with zipfile.ZipFile(io.BytesIO(archive)) as outer:
        name = next(name for name in outer.namelist() if name.endswith(INNER))
        inner = outer.read(name)
    rows = []
    with tarfile.open(fileobj=io.BytesIO(inner)) as opened:
        for kind in kinds:
            member = opened.extractfile(f"hutto_ICWSM_2014/{kind}_GroundTruth.txt")
            assert member is not None
            for line in member.read().decode("utf-8").splitlines():
                _, mean, text = line.split("\t")
                label = label_of(float(mean))
                if label:
                    rows.append((re.sub(r"\s+", " ", text).strip(), label))
    return pd.DataFrame(rows, columns=["text", "label"])


def label_of(mean: float) -> str | None:
    """None for ratings too near to 0 to call."""
    if abs(mean) < LEAST_RATING:
        return None
    return "positive" if mean > 0 else "negative"

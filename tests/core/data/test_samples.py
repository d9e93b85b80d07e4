"""Every bundled table reads without a complaint and can be trained on as it is offered."""

from __future__ import annotations

import pytest

from core.data.profile.profile import join_text, profile, raise_if_unlearnable, usable_rows
from core.data.samples import FOLDER, SAMPLES, Sample, load
from core.data.split import split
from core.words import LANGUAGES, say


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_sample_can_be_trained(sample: Sample) -> None:
    table = load(sample.key)
    assert not table.bad_rows
    assert not table.notes
    found = profile(table)
    assert (found.text, found.label) == (sample.text, sample.label)
    assert not found.dropped
    raise_if_unlearnable(found)
    rows, _ = usable_rows(table, sample.text, {sample.label: ""})
    given = rows[found.split].tolist() if found.split else None
    labels = rows[sample.label].tolist()
    result = split(join_text(rows, sample.text).tolist(), labels, 0, given=given)
    assert not result.notes
    for side in (result.train, result.validation, result.test):
        assert {labels[row] for row in side} == set(labels)
    assert all(say(sample.title, language) for language in LANGUAGES)


def test_every_file_is_offered_and_has_its_source_named() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert files == {sample.file for sample in SAMPLES}
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    for sample in SAMPLES:
        rows = f"| {sample.file} | {len(load(sample.key).frame):,} |"
        assert rows in sources


def test_home_intents_keep_each_template_on_one_side() -> None:
    frame = load("home_intents").frame
    assert set(frame["split"]) == {"train", "validation", "test"}
    assert (frame.groupby("template_id")["split"].nunique() == 1).all()


def test_unknown_sample() -> None:
    with pytest.raises(KeyError):
        load("nope")

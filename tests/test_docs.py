"""The documents say what the files say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from core import techniques
from core.options import fields_of
from core.words import locale

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ["requirements.txt", "requirements-multilingual.txt", "requirements-dev.txt"]


def requirement_lines(name: str) -> list[str]:
    """The lines of a requirements file that name a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    stripped = [line.partition("#")[0].strip() for line in lines]
    return [line for line in stripped if line and not line.startswith("-r ")]


def package(line: str) -> str:
    """The name at the start of a line, in the one spelling that pip compares by."""
    match = re.match(r"[A-Za-z0-9._-]+", line)
    assert match, line
    return re.sub(r"[-_.]+", "-", match.group()).lower()


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_dependency_is_pinned_exactly(name: str) -> None:
    pin = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[0-9][^\s;*]*(\s*;.*)?")
    assert [line for line in requirement_lines(name) if not pin.fullmatch(line)] == []


def test_every_dependency_is_required_once() -> None:
    counts = Counter(package(line) for name in REQUIREMENTS for line in requirement_lines(name))
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_technique_has_its_section() -> None:
    text = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    keys = [re.search(r"`(\w+)`", section.splitlines()[0]) for section in sections]
    assert [key.group(1) if key else "" for key in keys] == list(techniques.BY_KEY)
    for section in sections:
        for part in ("What", "When it helps", "What it costs", "Source"):
            assert f"**{part}.**" in section, section[:60]
    for technique, section in zip(techniques.ALL, sections, strict=True):
        for field in fields_of(technique.Options):
            assert f"`{field.name}" in section, (technique.key, field.name)


def test_every_finding_of_the_checkup_is_explained() -> None:
    text = (ROOT / "docs" / "checkup.md").read_text(encoding="utf-8")
    keys = {key.split(".")[1] for key in locale("en") if re.fullmatch(r"checkup\.\w+\.advice", key)}
    explained = set(re.findall(r"`(\w+)`", text))
    assert {key.removesuffix("_first") for key in keys} <= explained


def test_every_dependency_has_its_one_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    items = re.findall(r"^- (.*)$", text, flags=re.MULTILINE)
    assert [item for item in items if not re.fullmatch(r"[a-z0-9-]+: \S.*", item)] == []
    required = [package(line) for name in REQUIREMENTS for line in requirement_lines(name)]
    assert sorted(package(item) for item in items) == sorted(required)

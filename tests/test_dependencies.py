"""Every dependency is pinned, has its reason in docs/dependencies.md, and is one."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
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


DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def items(start: str) -> dict[str, str]:
    """The packages of the list below a line that starts so; each with the one that brings it, or with ""."""
    _, _, below = DEPENDENCIES.partition(f"\n{start}")
    listed = re.search(r"(?:^(?:- |  ).*\n)+", below, flags=re.MULTILINE)
    assert listed, start
    found = re.findall(r"^- ([a-z0-9-]+)(?: \(([a-z0-9-]+)\))?: \S", listed.group(), re.MULTILINE)
    assert len(found) == listed.group().count("\n- ") + 1
    return dict(found)


def imported() -> Iterator[str]:
    """The packages that core and ui import."""
    known = packages_distributions()
    for file in [*ROOT.glob("core/**/*.py"), *ROOT.glob("ui/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in {name.partition(".")[0] for name in names}:
                if name in known:
                    yield package(known[name][0])
                else:  # files of the download import one another
                    ours = name in ("core", "ui") or any(ROOT.glob(f"core/**/{name}.py"))
                    assert ours or name in sys.stdlib_module_names, name


def test_every_dependency_has_its_one_reason_and_is_where_it_belongs() -> None:
    run, further, more = (
        {package(line) for line in requirement_lines(name)} for name in REQUIREMENTS
    )
    used = set(imported())
    assert items("What core and ui import").keys() == used & run
    assert items("What these need in turn").keys() == run - used
    assert items("## To read other languages").keys() == further
    assert items("## To work on TickTune").keys() == more
    brought = items("What is imported too")
    assert brought.keys() == used - run
    for name, by in brought.items():
        assert by in run
        assert name in {package(line) for line in requires(by) or ()}, f"{by} does not need {name}"

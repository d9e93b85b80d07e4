"""The documents say what the files say, and what docstrings, comments and documents name is there."""

from __future__ import annotations

import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

from core import techniques
from core.cli.parser import build_parser
from core.installed import own_version
from core.options import fields_of
from core.words import locale
from tests.named import ROOT, SOURCE, classes, identifiers, is_there, prose
from tests.test_imports import LAYERS

MORE = [
    *(file for place in ("benchmarks", "scripts") for file in ROOT.glob(f"{place}/**/*.py")),
    *ROOT.glob("assets/*.*s"),
    *ROOT.glob("requirements*.txt"),
    ROOT / "Makefile",
]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks" / "README.md"])

DOTTED = re.compile(r"(?<![\w./-])(?:core|ui|benchmarks|tests)(?:\.\w+)+")
PATH = re.compile(r"(?<![\w./-])(?:core|ui|benchmarks|tests|docs|assets|scripts)/[\w./-]*")
LINK = re.compile(r"\]\(([^)#:\s]+)[)#]")
TICKED = re.compile(r"`([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)(?:\(\))?`")
TEMPLATE = re.compile(r"\b(?:NAME|KEY|FIELD)\b")  # stands for any of many
# What other programs call things that our comments speak of.
FOREIGN = {"gr", "e5_parse", "lr_find", "for_model", "to_str"}
FOREIGN |= {"eager_attention_forward", "set_truncation_and_padding"}


def test_every_module_and_every_part_of_one_that_is_named_is_there() -> None:
    gone = [
        f"{where}: {name}"
        for file in [*SOURCE, *MORE, *DOCUMENTS]
        for where, line in prose(file)
        for name in DOTTED.findall(line)
        if not TEMPLATE.search(name) and not name.endswith(".py") and not is_there(name)
    ]
    assert gone == []


def test_every_file_that_is_named_is_there() -> None:
    gone = []
    for file in [*SOURCE, *MORE, *DOCUMENTS]:
        for where, line in prose(file):
            named = {ROOT / path for path in PATH.findall(line)}
            if file.suffix == ".md":
                named |= {file.parent / path for path in LINK.findall(line)}
            gone += [
                f"{where}: {path}"
                for path in named
                if not TEMPLATE.search(str(path)) and not Path(str(path).rstrip(".")).exists()
            ]
    assert gone == []


def test_what_a_docstring_puts_in_backticks_is_called_so() -> None:
    """A word of the code, a member of its class, a key: what was renamed is renamed here too."""
    strange = []
    for file in SOURCE:
        for where, line in prose(file):
            for first, rest in TICKED.findall(line):
                name, parts = first + rest, rest.split(".")[1:]
                if TEMPLATE.search(name) or first in FOREIGN or DOTTED.fullmatch(name):
                    continue
                if parts and first in classes():
                    known = parts[0] in classes()[first]
                elif parts:
                    known = {first, *parts} <= identifiers()
                else:
                    known = "_" not in first or first in identifiers()
                if not known:
                    strange.append(f"{where}: {name}")
    assert strange == []


def commands() -> Iterator[tuple[str, str]]:
    """Every command that a document shows, and where."""
    for file in DOCUMENTS:
        for where, line in prose(file):
            for part in re.findall(r"`([^`]+)`", line) or [line]:
                if match := re.match(r"(?:\S*python|\s*\$) -m core (?=[a-z])(.*)", part.strip()):
                    yield where, match.group(1)


def test_every_command_that_is_shown_is_one() -> None:
    actions = build_parser()._actions
    choices = next(dict(each.choices) for each in actions if isinstance(each.choices, dict))
    unknown = []
    for where, line in commands():
        name, *words = shlex.split(line, comments=True)
        given = {word for word in words if word.startswith("-")}
        if name not in choices or given - {*choices[name]._option_string_actions}:
            unknown.append(f"{where}: {line}")
    assert unknown == []


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


def test_which_techniques_are_for_one_kind_of_data_alone() -> None:
    text = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
    for kind, word in (("text", "texts"), ("image", "pictures")):
        said = re.search(rf"\*\*On\s{word}\s+alone\*\*\s+work ([^:.]*)", text)
        only = [each.key for each in techniques.ALL if each.modalities == (kind,)]
        assert said
        assert re.findall(r"`(\w+)`", said.group(1)) == only


def test_the_commands_are_as_the_parsers_say() -> None:
    """`make docs` mends it."""
    written = runpy.run_path(str(ROOT / "scripts" / "command_line.py"))
    assert written["FILE"].read_text(encoding="utf-8") == written["manual"]()


def test_lines_of_documents_end_somewhere() -> None:
    """Tables and pictures cannot be broken, what a program printed (one span of code) is left as it was."""
    long = []
    for file in DOCUMENTS:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > 110 and not re.match(r"\s*\||!\[|`[^`]*`$", line):
                long.append(f"{file.relative_to(ROOT)}:{number}")
    assert long == []


def test_the_readme_is_short_and_shows_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= 6000
    tree = text.rpartition("```\n")[0].rpartition("```\n")[2].splitlines()
    assert len(tree) <= 25
    shown = {line.split()[0] for line in tree}
    assert [path for path in shown if not (ROOT / path).exists()] == []
    folders = {module.parent for module in [*ROOT.glob("core/*/*.py"), *ROOT.glob("ui/*/*.py")]}
    assert {f"{folder.relative_to(ROOT)}/" for folder in folders} <= shown


def test_the_layout_has_the_order_of_the_layers() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    place = {name: number for number, names in enumerate(LAYERS) for name in names}
    shown = [f"core.{name}" for name in re.findall(r"^core/(\w+)", text, re.MULTILINE)]
    assert shown == sorted(shown, key=lambda name: place[name])
    packages = {f"core.{folder.parent.name}" for folder in ROOT.glob("core/*/__init__.py")}
    assert packages <= set(shown)


def test_the_newest_release_of_the_changelog_is_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert releases[0] == ("Unreleased", "")
    assert releases[1][0] == own_version()
    assert all(date for _, date in releases[1:])

"""What the files of the house define, and what docstrings, comments and documents say: read from their text,
so that nothing is imported for it."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from core.words import locale

ROOT = Path(__file__).resolve().parents[1]
SOURCE = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("ui/**/*.py"), ROOT / "app.py"])

FSTRING = getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)  # since Python 3.12

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def read(file: Path) -> tuple[list[tuple[int, str]], set[str]]:
    """The numbered lines of a Python file's docstrings and comments, and every word of its code."""
    lines, words = list[tuple[int, str]](), set[str]()
    starts = True  # is this where a statement starts?
    for token in tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and starts):
            lines += enumerate(token.string.splitlines(), token.start[0])
        elif token.type in (tokenize.NAME, tokenize.STRING, FSTRING):
            words.update(re.findall(r"\w+", token.string))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            starts = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    return lines, words


def prose(file: Path) -> Iterator[tuple[str, str]]:
    """The lines that people read, each with `file:line`: docstrings and comments of Python, else all."""
    lines = (
        read(file)[0]
        if file.suffix == ".py"
        else enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    )
    return ((f"{file.relative_to(ROOT)}:{number}", line) for number, line in lines)


def defined(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """What statements define, those of a class with what its methods set on `self`."""
    names: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, Definition):
            names[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name | ast.Attribute):
                        names[part.id if isinstance(part, ast.Name) else part.attr] = node
        elif isinstance(node, ast.If | ast.Try):
            names |= defined(node.body)
    return names


def members(node: ast.ClassDef) -> set[str]:
    methods = [each for each in node.body if isinstance(each, Definition)]
    return {*defined(node.body), *(name for each in methods for name in defined(list(walk(each))))}


def walk(node: ast.AST) -> Iterator[ast.stmt]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Assign | ast.AnnAssign))


def is_there(name: str) -> bool:
    """Whether a dotted name is a folder, a module, or what a module or a class of it defines."""
    place, (*parts,) = ROOT, name.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if parts and (place / f"{parts[0]}.py").is_file():
        place = place / f"{parts.pop(0)}.py"
    elif parts:
        place = place / "__init__.py"
    if not parts:
        return True
    found = defined(parsed(place).body).get(parts[0]) if place.is_file() else None
    if len(parts) == 1 or found is None:
        return found is not None
    return len(parts) == 2 and isinstance(found, ast.ClassDef) and parts[1] in members(found)


@functools.cache
def classes() -> dict[str, set[str]]:
    """The members of every class of the house by its name."""
    every: dict[str, set[str]] = {}
    for file in SOURCE:
        for node in parsed(file).body:
            if isinstance(node, ast.ClassDef):
                every.setdefault(node.name, set()).update(members(node))
    return every


@functools.cache
def identifiers() -> set[str]:
    """Every word of the code and of the keys of the locales."""
    keys = (word for key in locale("en") for word in re.findall(r"\w+", key))
    return set().union(keys, *(read(file)[1] for file in SOURCE))

"""Imports run one way: app -> ui -> core, and downwards inside core; and no local name hides what its file
imports or defines.

Python makes a name local to the whole function in which it is assigned: a call of the function of that name,
further up or in a function inside, is then an error that shows only when the line is reached. Neither ruff's
rules nor mypy's options tell of it. Tests may do so: a fixture is a function, and an argument asks for it.
"""

from __future__ import annotations

import ast
import functools
import subprocess
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path
from symtable import SymbolTable

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the bottom to the top: a module imports from its own package and from those before it. Of those that
# are in one line none imports another.
LAYERS = [
    {"core.words", "core.libraries"},
    {"core.io"},
    {"core.errors"},
    {"core.options", "core.installed"},
    {"core.recipe", "core.evidence"},
    {"core.data"},
    {"core.runs"},
    {"core.tasks"},
    {"core.models"},
    {"core.modalities"},
    {"core.simple_models"},
    {"core.evaluation"},
    {"core.report"},
    {"core.export"},
    {"core.inference"},
    {"core.technique"},
    {"core.training"},
    {"core.techniques"},
    {"core.workflow"},
    {"core.jobs"},
    {"core.cli"},
    {"core.__main__"},
    {"ui.kit", "ui.theme"},
    {"ui.server"},
    {"ui.session"},
    {"ui.open_run"},
    {"ui.steps.shared"},
    {f"ui.steps.{step}" for step in ("data", "model", "techniques", "train", "result")},
    {"ui.tabs"},
    {"ui.page"},
]

# What a part of the house never imports, not even inside a function.
HEAVY = {"torch", "transformers", "datasets", "accelerate"}
FORBIDDEN = {"core": {"gradio", "plotly", "ui", "app"}, "ui": HEAVY | {"app"}, "app": HEAVY}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def source_files() -> list[Path]:
    files = [*ROOT.glob("core/**/*.py"), *ROOT.glob("ui/**/*.py"), ROOT / "app.py"]
    return sorted(file for file in files if file.exists())


def imports_of(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `source` imports, wherever it does so.

    `package` is what relative imports start from. `from a import b` gives `a.b`, since b may be a
    module; whether it is one does not matter to the rules.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in ("__import__", "import_module", "importlib.import_module"):
                yield node.lineno, str(node.args[0].value)


def layer(name: str) -> tuple[int, str] | None:
    """Index of the layer that a name inside core or ui belongs to, and which of its packages; None for one
    that has no layer."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        package = ".".join(parts[:length])
        for index, members in enumerate(LAYERS):
            if package in members:
                return index, package
    return None


@functools.cache
def all_imports() -> list[tuple[str, str, str]]:
    """Every import of the house: the module that imports, `file:line`, and what it imports."""
    found = []
    for path in source_files():
        module = module_name(path)
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for line, name in imports_of(path.read_text(encoding="utf-8"), package):
            found.append((module, f"{path.relative_to(ROOT)}:{line}", name))
    return found


def test_every_kind_of_import_is_seen() -> None:
    source = """
import a.b, c as d
from e import f
from . import g
from .h import i
from ..j import k
def later():
    import l
    importlib.import_module("m.n")
if TYPE_CHECKING:
    from o import *
"""
    found = {name for _, name in imports_of(source, "core.data")}
    near = {"core.data.g", "core.data.h.i", "core.j.k"}
    assert found == {"a.b", "c", "e.f", "l", "m.n", "o.*"} | near


def test_the_files_are_found() -> None:
    assert {"core", "core.words", "core.errors"} <= {module_name(path) for path in source_files()}


def test_no_part_imports_what_it_must_not_know() -> None:
    wrong = [
        f"{where} imports {name}"
        for module, where, name in all_imports()
        if name.split(".")[0] in FORBIDDEN[module.split(".")[0]]
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_every_module_has_a_layer() -> None:
    modules = {module_name(path) for path in source_files()} - {"app", "core", "ui", "ui.steps"}
    assert [module for module in modules if layer(module) is None] == []


def test_imports_run_only_downwards() -> None:
    wrong = []
    for module, where, name in all_imports():
        own, other = layer(module), layer(name)
        if own and other and (other[0] > own[0] or (other[0] == own[0] and other != own)):
            wrong.append(f"{where} imports {name}, which is not below {module}")
        if module == "core" and name.startswith("core."):
            wrong.append(f"{where} imports {name}: core/__init__.py imports nothing of core")
    assert not wrong, "\n".join(["", *wrong])


def taken(scope: SymbolTable) -> set[str]:
    """The functions, classes and imports of a scope."""
    return {
        symbol.get_name()
        for symbol in scope.get_symbols()
        if symbol.is_namespace() or symbol.is_imported()
    }


def hidden(scope: SymbolTable, above: frozenset[str]) -> Iterator[str]:
    """Where a name of `scope`, or of one inside, is one of those `above`."""
    for inner in scope.get_children():
        if inner.get_type() != "function":  # the attributes of a class are read through it
            yield from hidden(inner, above)
            continue
        for symbol in inner.get_symbols():
            # An import of the types' sake is often repeated where it is needed.
            if symbol.is_local() and not symbol.is_imported() and symbol.get_name() in above:
                yield f"line {inner.get_lineno()}, {inner.get_name()}: {symbol.get_name()}"
        yield from hidden(inner, above | taken(inner))


def hiding(source: str) -> list[str]:
    top = symtable.symtable(source, "a file", "exec")
    return list(hidden(top, frozenset(taken(top))))


def test_no_local_hides_what_its_file_defines() -> None:
    more = (file for place in ("benchmarks", "scripts") for file in ROOT.glob(f"{place}/**/*.py"))
    every = {
        str(file.relative_to(ROOT)): hiding(file.read_text(encoding="utf-8"))
        for file in [*source_files(), *more]
    }
    assert {file: names for file, names in every.items() if names} == {}


def test_a_list_that_hides_a_function_is_hiding() -> None:
    source = (
        "def later():\n    pass\n\ndef wire():\n    def plan():\n        later()\n    later = []\n"
    )
    assert hiding(source) == ["line 4, wire: later"]


@pytest.mark.parametrize(
    "code",
    [
        # The first chart must not import what the background imports at the same time.
        # And gradio must not spend its time on files for editors.
        pytest.param(
            "import ui.page, gradio.component_meta as meta\n"
            "assert 'narwhals.stable.v2' in sys.modules\n"
            "assert meta.create_or_modify_pyi.__module__ == 'ui.kit.stubs'",
            id="the page",
        ),
        pytest.param(
            "import runpy\n"
            "sys.argv = ['core', '--help']\n"
            "try:\n"
            "    runpy.run_module('core', run_name='__main__')\n"
            "except SystemExit as stop:\n"
            "    assert not stop.code, stop.code",
            id="the command line's help",
        ),
    ],
)
def test_a_fresh_interpreter_loads_neither_torch_nor_transformers(code: str) -> None:
    ask = "print('loaded:', *sorted({'torch', 'transformers'} & set(sys.modules)))"
    fresh = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{ask}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert fresh.returncode == 0, fresh.stderr
    assert fresh.stdout.splitlines()[-1].strip() == "loaded:"

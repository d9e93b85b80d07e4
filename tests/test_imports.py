"""Imports run one way: app -> ui -> core, and downwards inside core."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the bottom to the top: a module imports from its own layer and from those before it.
# An entry covers the modules below it too; the longest entry that fits a module counts.
LAYERS = [
    {"core.words", "core.libraries"},
    {"core.errors"},
    {"core.options", "core.installed"},
    {"core.recipe"},
    {"core.data"},
    {"core.training.events", "core.training.progress"},
    {"core.runs"},
    {
        "core.models",
        "core.modalities",
        "core.tasks",
        "core.evaluation.metrics",
        "core.evaluation.label_noise",
    },
    {"core.techniques.base", "core.techniques.evidence"},
    {"core.evaluation"},
    {"core.series"},
    {"core.comparisons", "core.folds"},
    {"core.export"},
    {"core.training"},
    {"core.techniques"},
    {"core.training.preflight", "core.training.remedies", "core.training.train"},
    {"core.predict", "core.corrections", "core.study"},
    {"core.whole_file"},
    {"core.file_jobs"},
    {"core.jobs"},
    {"core.questions"},
    {"core.cli"},
    {"core.__main__"},
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


def layer(name: str) -> int | None:
    """Index of the layer that a name inside core belongs to; None for one that has no layer."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        for index, members in enumerate(LAYERS):
            if ".".join(parts[:length]) in members:
                return index
    return None


def all_imports() -> Iterator[tuple[str, str, str]]:
    """Every import of the house: the module that imports, `file:line`, and what it imports."""
    for path in source_files():
        module = module_name(path)
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for line, name in imports_of(path.read_text(encoding="utf-8"), package):
            yield module, f"{path.relative_to(ROOT)}:{line}", name


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


def test_every_module_of_core_has_a_layer() -> None:
    modules = [module_name(path) for path in source_files()]
    assert [m for m in modules if m.startswith("core.") and layer(m) is None] == []


def test_core_imports_only_downwards() -> None:
    wrong = []
    for module, where, name in all_imports():
        own, other = layer(module), layer(name)
        if own is not None and other is not None and other > own:
            wrong.append(f"{where} imports {name}, which is above {module}")
        if module == "core" and name.startswith("core."):
            wrong.append(f"{where} imports {name}: core/__init__.py imports nothing of core")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(
    "code",
    [
        # The first chart must not import what the background imports at the same time.
        # And gradio must not spend its time on files for editors.
        pytest.param(
            "import ui.page, gradio.component_meta as meta\n"
            "assert 'narwhals.stable.v2' in sys.modules\n"
            "assert meta.create_or_modify_pyi.__module__ == 'ui.stubs'",
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

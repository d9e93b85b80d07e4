"""A quicker import of gradio: without the stub files that it writes for editors.

For every class of component it parses its own source, and writes a .pyi file beside it, each time that it is
imported: a third of the time from `python app.py` to the first page.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

WRITER = "gradio.component_meta"


def skip(*_: object) -> None:
    """Takes the place of gradio's `create_or_modify_pyi`."""


class _WithoutStubs(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != WRITER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                module.create_or_modify_pyi = skip  # type: ignore[attr-defined]

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def leave_out_stubs() -> None:
    """To be called before gradio is imported for the first time; afterwards it does nothing."""
    if WRITER not in sys.modules:
        sys.meta_path.insert(0, _WithoutStubs())

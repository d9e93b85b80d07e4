"""Tests stand where what they test stands, and are called like it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Modules (or all of a folder) without a test file of their name, and the files that test them: parts of one
# thing are tested as that thing.
TESTED_BY = {
    "core/__main__": "core/cli/test_main",
    "core/cli": "core/cli/test_main core/cli/test_pictures core/cli/test_corrections",
    "core/data": "core/data/test_table core/data/profile/test_profile",
    "core/data/archives": "core/data/archives/test_tables core/data/archives/test_folders",
    "core/data/checkup": "core/modalities/test_checkup core/data/checkup/test_edits",
    "core/data/pictures": "core/data/test_any_file core/modalities/test_image",
    "core/data/read": "core/data/read/test_formats core/data/read/test_csv_repair core/data/test_table",
    "core/errors": "core/test_words",
    "core/evaluation": "core/evaluation/test_compare core/inference/test_predictor",
    "core/evidence": "core/report/test_run",
    "core/export/formats": "core/export/test_bundle core/export/test_simple core/export/test_onnx",
    "core/export/predictor": "core/inference/test_predictor core/export/test_simple",
    "core/export/scripts": "core/export/test_bundle core/export/test_simple core/export/test_onnx_pictures",
    "core/io": "core/io/test_json_files core/data/archives/test_sandbox",
    "core/jobs": "core/jobs/test_files core/jobs/test_deletion core/runs/test_store",
    "core/libraries": "test_imports",
    "core/modalities": "core/modalities/test_image core/modalities/test_text",
    "core/models": "core/models/test_load core/models/test_advice",
    "core/models/bundled": "core/models/bundled/test_multilingual_e5",
    "core/models/surgery": "core/models/surgery/test_shrink",
    "core/report": "core/report/test_run core/export/test_card",
    "core/runs": "core/workflow/test_diagnostics",
    "core/simple_models": "core/simple_models/test_fit core/evaluation/test_suspects",
    "core/tasks": "core/tasks/test_metrics core/tasks/test_multi_label",
    "core/technique": "core/techniques/test_all",
    "core/techniques": "core/techniques/test_all core/techniques/test_variants",
    "core/training": "core/workflow/test_train core/workflow/test_resume core/training/test_plan",
    "core/workflow": "core/workflow/test_train core/workflow/test_preflight",
    "ui": "ui/test_page ui/test_handlers",
    "ui/kit": "ui/test_pieces ui/kit/test_charts",
    "ui/server": "ui/server/test_uploads ui/test_handlers",
    "ui/steps": "ui/test_handlers ui/test_pieces browser/test_flow",
    "ui/tabs": "ui/test_handlers browser/test_runs",
}


def modules() -> Iterator[Path]:
    for top in ("core", "ui"):
        for file in sorted((ROOT / top).rglob("*.py")):
            if file.name != "__init__.py":
                yield file.relative_to(ROOT).with_suffix("")


def own_test_of(module: Path) -> Path:
    return Path("tests", module.parent, f"test_{module.name}.py")


def entry_of(module: Path) -> str | None:
    """The module or the innermost of its folders that TESTED_BY has."""
    return next(
        (str(place) for place in (module, *module.parents) if str(place) in TESTED_BY), None
    )


def untested() -> list[Path]:
    return [module for module in modules() if not (ROOT / own_test_of(module)).is_file()]


def test_every_module_has_a_test_file_of_its_name_or_is_in_the_list() -> None:
    assert [module for module in untested() if entry_of(module) is None] == []


def test_the_list_has_nothing_that_is_not_needed() -> None:
    assert set(TESTED_BY) == {entry_of(module) for module in untested()}


@pytest.mark.parametrize("files", TESTED_BY.values())
def test_what_the_list_names_is_there(files: str) -> None:
    assert [file for file in files.split() if not (ROOT / "tests" / f"{file}.py").is_file()] == []


def test_tests_stand_in_the_folder_of_what_they_test() -> None:
    for file in (ROOT / "tests").rglob("test_*.py"):
        folder = file.parent.relative_to(ROOT / "tests")
        assert folder.parts[:1] in ((), ("browser",)) or (ROOT / folder).is_dir(), file

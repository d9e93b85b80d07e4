"""The forms in which a model leaves: each has its words, and its place in the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from core.export import formats
from core.modalities import KINDS
from core.runs.store import RunStore
from core.words import has, of_kind
from tests.named import ROOT
from tests.ui.fake import make_run


def test_each_has_its_words_and_its_line_in_the_documents() -> None:
    text = (ROOT / "docs" / "trying.md").read_text(encoding="utf-8")
    for key, each in formats.BY_KEY.items():
        assert has(f"format.{key}")
        for kind in KINDS.values():
            assert has(of_kind(f"format.{key}.use", kind.key))
            assert each.needs("embedding", kind)
        assert f"| `{key}` |" in text


def test_what_a_model_has_not_is_told(store: RunStore, tmp_path: Path) -> None:
    run = make_run(store)
    keys = [each.key for each in formats.available(run.main, "model")]
    assert keys[0] == formats.choose(run.main, "model").key == "transformers"
    assert not {"skops", "onnx"} & set(keys)
    assert formats.choose(run.main, "tfidf").key == "skops"
    with pytest.raises(UserError) as error:
        formats.choose(run.main, "model", "onnx")
    assert error.value.args[0] == "export_format"
    assert "transformers" in str(error.value.hint)
    with pytest.raises(UserError, match="has no model"):
        formats.choose(run.main, "majority")

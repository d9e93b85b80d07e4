"""The page, built and served for the tests of what stands before it."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest

from core.runs.store import RunStore
from tests.ui.server.requests import HOST
from ui import page


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    built = page.build(RunStore(tmp_path_factory.mktemp("home") / "runs"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def url(blocks: gr.Blocks) -> str:
    blocks.launch(server_name=HOST, prevent_thread_lock=True, **page.launch_options())
    return blocks.local_url.rstrip("/")

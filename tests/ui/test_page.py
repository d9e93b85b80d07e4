"""The page as a whole, without a browser."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import gradio as gr
import pytest

from core.data.profile.profile import profile
from core.data.samples import load
from core.io.temporary import lend
from core.jobs.queue import Jobs
from core.runs.store import RunStore
from tests.ui.fake import make_run
from ui import page
from ui.kit.download import written
from ui.server.live import Live
from ui.session import Loaded
from ui.steps.data import step as data
from ui.steps.result.step import ResultStep
from ui.steps.train import step as train

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> gr.Blocks:
    return page.build(RunStore(tmp_path_factory.mktemp("home") / "runs"))


def test_every_endpoint_is_private(blocks: gr.Blocks) -> None:
    public = [fn.api_name for fn in blocks.fns.values() if fn.api_visibility == "public"]
    assert [name for name in public if name] == []


def test_the_page_is_its_header_its_tabs_and_its_footer(blocks: gr.Blocks) -> None:
    """What is made while the page is wired up, such as the answer of a handler, would stand below all."""
    drawn = [
        child for child in blocks.children if not isinstance(child, gr.State | gr.BrowserState)
    ]
    assert [getattr(child, "elem_id", None) for child in drawn] == ["header", "tabs", "footer"]


def test_ticks_run_beside_each_other(blocks: gr.Blocks) -> None:
    limits = [fn.concurrency_limit for fn in blocks.fns.values() if fn.fn is not None]
    assert set(limits) == {None}


def test_nothing_is_reported_or_shared() -> None:
    options = page.launch_options()
    assert options["run_history"] is False
    assert options["share"] is False
    assert options["footer_links"] == []
    assert "allowed_paths" not in options


def test_each_view_fills_its_components(store: RunStore) -> None:
    with gr.Blocks():
        first, fourth, fifth = data.build(), train.build(), ResultStep()
    table = load("topics_en")
    assert len(data.show(Loaded(table, profile(table)), store, "en")) == len(first.view)
    shot = Live(Jobs(store), train.draw).shot(make_run(store), "en")
    assert len(fourth.view) == len(train.show(shot, "en"))
    shown = fifth.show(make_run(store).main, "en").keys()
    # Nothing to choose from, and what is never another.
    correct, never = fifth.try_it.correct, {fifth.folds.chosen, fifth.curve.chosen}
    never |= {fifth.abstention.save, correct.save, correct.label, fifth.download.fetcher}
    assert shown == set(fifth.view) - never
    unmeasured = fifth.show(make_run(store, end="failed", upto=0.2).main, "en")
    assert unmeasured.keys() == {fifth.column, fifth.headline}


def test_gradio_writes_no_files_beside_ours(blocks: gr.Blocks) -> None:
    assert list((ROOT / "ui").rglob("*.pyi")) == []


def test_a_port_in_use_is_noticed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert page.free_port("127.0.0.1", port, 1) is None
        free = page.free_port("127.0.0.1", None, port)
    assert free is not None
    assert free > port


def test_a_lent_file_is_the_file_and_one_for_all_looks(tmp_path: Path) -> None:
    file = tmp_path / "model.zip"
    file.write_bytes(b"PK")
    lent = lend(tmp_path, "a", file)
    assert lent.name == "model.zip"
    assert lent.parent != tmp_path
    assert lent.read_bytes() == b"PK"
    assert lend(tmp_path, "a", file) == lent
    assert lend(tmp_path, "b", file) != lent
    file.unlink()
    file.write_bytes(b"another")
    assert lend(tmp_path, "a", file).read_bytes() == b"another"
    assert os.listdir(lent.parent) == ["model.zip"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c", "", "…", "x" * 300])
def test_a_written_file_stays_where_it_belongs(name: str) -> None:
    place = Path(written(Path("store"), "owner", name, "a,b\n"))
    assert place.parent.parent.name == "owner"
    assert place.parents[3].name.startswith("ticktune-")
    assert place.suffix == ".csv"
    assert place.read_text(encoding="utf-8-sig") == "a,b\n"

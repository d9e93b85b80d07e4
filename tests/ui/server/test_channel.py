"""The channel of a page, from a server that is really there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import httpx
import pytest

from ui import page
from ui.server import channel


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with gr.Blocks(analytics_enabled=False) as blocks:
        asked, answer = gr.Textbox(), gr.Textbox()
        gr.Button().click(lambda text: f"answer to {text}", asked, answer)
    blocks.queue(api_open=False)
    blocks.launch(server_name="127.0.0.1", prevent_thread_lock=True, **page.launch_options())
    yield blocks.local_url.rstrip("/")
    blocks.close()


def ask(url: str, who: str, text: str) -> None:
    body = {"data": [text], "fn_index": 0, "session_hash": who}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=body).status_code == 200


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def answered(said: Iterator[dict[str, Any]]) -> str:
    """The next answer."""
    done = next(event for event in said if event["msg"] == "process_completed")
    return str(done["output"]["data"][0])


def test_what_is_asked_while_the_channel_ends_is_answered_in_it(url: str) -> None:
    """A page that asked for the buttons of a finished run just then showed "Stop" for ever."""
    ask(url, "one", "first")
    address = f"{url}/gradio_api/queue/data?session_hash=one"
    with httpx.stream("GET", address, timeout=30) as stream:
        said = events(stream.iter_lines())
        for text in ("first", "second", "third"):
            assert (
                answered(said) == f"answer to {text}"
            )  # of all that were asked: the end comes next
            if text != "third":
                ask(url, "one", {"first": "second", "second": "third"}[text])
        assert [event["msg"] for event in said] == ["close_stream"]


def test_a_channel_in_which_nothing_more_is_asked_ends(url: str) -> None:
    ask(url, "two", "only")
    address = f"{url}/gradio_api/queue/data?session_hash=two"
    with httpx.stream("GET", address, timeout=30) as stream:
        said = events(stream.iter_lines())
        assert answered(said) == "answer to only"
        since = time.monotonic()
        assert next(said)["msg"] == "close_stream"
        assert time.monotonic() - since >= channel.GRACE / 2  # a question had the time to come
    ask(url, "two", "again")
    with httpx.stream("GET", address, timeout=30) as stream:
        assert answered(events(stream.iter_lines())) == "answer to again"

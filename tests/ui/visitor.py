"""A browser without a browser: what the handlers answer is kept as the page would keep it, and sent with
the next event."""

from __future__ import annotations

import re
import secrets
import threading
from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

from core.jobs.job import Job
from core.jobs.queue import Jobs
from core.runs.store import RunStore
from tests.conftest import in_a_loop
from ui import page

# What works in the background for long, or takes away what the other states need.
LEFT_OUT = {"start", "delete"}
TAG = re.compile(r"<(?:button|select)[^>]*\bdata-do=[^>]*>")


class Visitor:
    """One browser's page: what its widgets hold, and its session on the server."""

    def __init__(self, blocks: gr.Blocks, lang: str = "en", run: str = "") -> None:
        self.blocks, self.session = blocks, SessionState(blocks)
        headers = {"accept-language": lang}
        self.request: Any = SimpleNamespace(
            headers=headers, query_params={}, session_hash=secrets.token_hex(8)
        )
        self.values = {
            block._id: block.value for block in blocks.blocks.values() if hasattr(block, "value")
        }
        self.by_id = {block.elem_id: block for block in blocks.blocks.values() if block.elem_id}
        for block in blocks.blocks.values():
            if isinstance(block, gr.BrowserState) and block.storage_key == page.STORAGE:
                self.values[block._id] = run

    def handlers(self, elem_id: str = "", event: str = "") -> list[Any]:
        """Those of Python: of a widget, or of all."""
        target = self.by_id[elem_id]._id if elem_id else None
        return [
            fn
            for fn in self.blocks.fns.values()
            if fn.fn is not None
            and (target is None or (target, event or "click") in [tuple(t) for t in fn.targets])
        ]

    def fire(self, fn: Any, data: dict[str, str] | None = None) -> list[str]:
        """Send an event; returns what was answered as text."""
        return in_a_loop(self._fire(fn, data or {}))

    async def _fire(self, fn: Any, data: dict[str, str]) -> list[str]:
        answers: list[str] = []
        inputs = [
            None if isinstance(each, gr.State) else self.values.get(each._id) for each in fn.inputs
        ]
        iterator, again = None, True
        while again:
            answer = await self.blocks.process_api(
                fn,
                inputs,
                state=self.session,
                request=self.request,
                iterator=iterator,
                event_data=gr.EventData(None, data),
            )
            ended = iterator is not None and not answer["is_generating"]
            iterator, again = answer["iterator"], answer["is_generating"]
            if ended:  # nothing more is said
                break
            for block, value in zip(fn.outputs, answer["data"], strict=False):
                answers.append(str(value))
                if isinstance(value, dict) and value.get("__type__") == "update":
                    if "value" in value:
                        self.values[block._id] = value["value"]
                elif not isinstance(block, gr.State):
                    self.values[block._id] = value
        return answers

    def click(self, elem_id: str, event: str = "click", **data: str) -> None:
        """An event of a widget, and whatever follows from it."""
        done = self.handlers(elem_id, event)
        for fn in done:
            self.fire(fn, data)
        ids = {fn._id for fn in done}
        for fn in self.blocks.fns.values():
            if fn.fn is not None and fn.trigger_after in ids:
                self.fire(fn)
                ids.add(fn._id)

    def offered(self, fn: Any) -> list[dict[str, str]]:
        """What can be clicked in the pieces of HTML that a handler listens to; at least nothing."""
        found: dict[str, dict[str, str]] = {"": {}}
        for target, _ in fn.targets:
            for tag in TAG.findall(str(self.values.get(target, ""))):
                data = {k: unescape(v) for k, v in re.findall(r"data-(\w+)=[\"']([^\"']*)", tag)}
                if data["do"] not in LEFT_OUT:
                    found.setdefault(data["do"], data)
        return list(found.values())


class Waiting(Jobs):
    """The queue of a computer on which something else computes: runs wait, and nothing is measured."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(store)
        begun, self.done = threading.Event(), threading.Event()
        self.machine.put(Job(work=lambda: (begun.set(), self.done.wait())))
        assert begun.wait(60)

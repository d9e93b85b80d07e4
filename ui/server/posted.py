"""Values that are posted for widgets, held against what the widgets of a browser send.

Any program can post anything, and a page that was open when the program was started anew posts what is not
offered any more. A handler gets values of the types that it names, or is not called.
"""

from __future__ import annotations

import logging
import math
import os
import re
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.utils import get_upload_folder

from core.words import say
from ui.kit.words import language

HASH = re.compile(r"[0-9a-f]{64}")
log = logging.getLogger("ticktune")


class Unfit(Exception):
    """A value that the widget cannot have sent, or that is not to be had by whoever posts it."""


class TypedInputs(gr.Blocks):
    """A page that answers posted values of wrong types with a sentence."""

    async def process_api(
        self,
        block_fn: BlockFunction | int,
        inputs: list[Any],
        state: Any = None,
        request: Any = None,
        *rest: Any,
        **named: Any,
    ) -> Any:
        """As gradio's own. Raises gr.Error, without a traceback in the terminal, for values that are
        unfit."""
        try:
            return await super().process_api(block_fn, inputs, state, request, *rest, **named)
        except Unfit as error:
            log.info("what was posted cannot be used: %s", str(error)[:200])
            raise gr.Error(say("gate.value", language(request)), print_exception=False) from None

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], *rest: Any, **named: Any
    ) -> Any:
        """As gradio's own. Raises Unfit."""
        for block, value in zip(block_fn.inputs, inputs, strict=False):
            if value is not None and not _sent_by(block, value):
                raise Unfit(f"{type(value).__name__} for {type(block).__name__}")
        try:
            return await super().preprocess_data(block_fn, inputs, *rest, **named)
        except Exception as error:  # a choice that is not offered, a file of another session
            raise Unfit(repr(error)) from error


def _sent_by(block: Any, value: Any) -> bool:
    """Is it of the type that a widget sends?"""
    if isinstance(block, gr.State):  # stays on the server, whatever is posted
        return True
    if isinstance(block, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(block, gr.Number | gr.Slider):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if isinstance(block, gr.File | gr.UploadButton | gr.Image):
        return isinstance(value, dict) and _uploaded(value)
    if isinstance(block, gr.Dropdown) and block.multiselect:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _uploaded(value: dict[Any, Any]) -> bool:
    """Is it a file where uploads are put: in a folder that is named by a hash, which nobody can guess?

    gradio takes any path below, and removes it in a day: at a folder it would fail, and remove nothing more.
    """
    path = value.get("path")
    if value.get("meta") != {"_type": "gradio.FileData"} or not isinstance(path, str):
        return False
    folder, _, name = path.removeprefix(f"{get_upload_folder()}{os.sep}").partition(os.sep)
    return bool(HASH.fullmatch(folder)) and os.sep not in name and os.path.isfile(path)

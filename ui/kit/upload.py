"""Uploads that know what their files are called.

gradio puts an underscore before a name that Windows keeps for a device (`nul.csv`), on every system. The
stored file keeps that name; people read the one that they gave.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr


class UploadedPath(str):
    """The path of an uploaded file, and the name that the file was `given`."""

    given: str

    def __new__(cls, path: str, given: str) -> UploadedPath:
        self = super().__new__(cls, path)
        self.given = given
        return self


class UploadFile(gr.File):
    """A box for one file; its handlers are given an `UploadedPath`."""

    is_template = True  # drawn as the component that it is of

    def preprocess(self, payload: Any) -> Any:
        return _named(super().preprocess(payload), payload)


class UploadFileButton(gr.UploadButton):
    """The same as a button."""

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return _named(super().preprocess(payload), payload)


def _named(path: Any, payload: Any) -> UploadedPath | None:
    if path is None:
        return None
    # Anything may be posted: no other name is believed than the one that the stored one was made of.
    stored, given = Path(path).name, payload.orig_name
    return UploadedPath(path, given if given and f"_{given}" == stored else stored)


def given_name(path: str) -> str:
    """The name of an uploaded file as the person knows it."""
    return path.given if isinstance(path, UploadedPath) else Path(path).name

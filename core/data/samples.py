"""Samples: the tables that come with TickTune; assets/samples/SOURCES.md says where they are from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.any_file import read_here
from core.data.table import Table
from core.words import ASSETS, Message, message

FOLDER = ASSETS / "samples"


@dataclass(frozen=True)
class Sample:
    """A bundled CSV, or an archive of pictures; `language` is an ISO 639-1 code, "mul" for several languages
    or none."""

    key: str
    file: str
    language: str
    label: str
    text: tuple[str, ...] = ("text",)

    @property
    def title(self) -> Message:
        return message(f"data.sample.{self.key}")


SAMPLES = (
    Sample("sentiment_en", "sentiment-en.csv", "en", "label"),
    Sample("sentiment_zh", "sentiment-zh.csv", "zh", "label"),
    Sample("spam_email", "spam-email-en.csv", "en", "label"),
    Sample("home_intents", "home-intents-en.csv", "en", "topic"),
    Sample("classics_zh", "classics-zh.csv", "zh", "label"),
    Sample("topics_en", "topics-en.csv", "en", "label"),
    Sample("sentiment_domain", "sentiment-domain-en.csv", "en", "sentiment"),
    Sample("languages", "languages.csv", "mul", "label"),
    Sample("clipart", "clipart.zip", "mul", "label", ("file", "sha256")),
)


def path_of(key: str) -> Path:
    """The sample's file. Raises KeyError for an unknown key."""
    return FOLDER / {sample.key: sample.file for sample in SAMPLES}[key]


def load(key: str) -> Table:
    """The sample's table. Raises KeyError for an unknown key."""
    return read_here(path_of(key))

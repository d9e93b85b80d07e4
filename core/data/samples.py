"""The tables that come with TickTune; assets/samples/SOURCES.md says where they are from."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.picture_table import read_any
from core.data.read import Table
from core.words import ASSETS, Message, message

FOLDER = ASSETS / "samples"


@dataclass(frozen=True)
class Sample:
    """A bundled CSV, or an archive of pictures; `language` is an ISO 639-1 code, "mul" for several languages
    or none."""

    key: str
    file: str
    language: str
    text: tuple[str, ...]
    label: str
    title: Message


SAMPLES = (
    Sample("sentiment_en", "sentiment-en.csv", "en", ("text",), "label",
           message("data.sample.sentiment_en")),
    Sample("sentiment_zh", "sentiment-zh.csv", "zh", ("text",), "label",
           message("data.sample.sentiment_zh")),
    Sample("spam_email", "spam-email-en.csv", "en", ("text",), "label",
           message("data.sample.spam_email")),
    Sample("home_intents", "home-intents-en.csv", "en", ("text",), "topic",
           message("data.sample.home_intents")),
    Sample("classics_zh", "classics-zh.csv", "zh", ("text",), "label",
           message("data.sample.classics_zh")),
    Sample("topics_en", "topics-en.csv", "en", ("text",), "label",
           message("data.sample.topics_en")),
    Sample("sentiment_domain", "sentiment-domain-en.csv", "en", ("text",), "sentiment",
           message("data.sample.sentiment_domain")),
    Sample("languages", "languages.csv", "mul", ("text",), "label",
           message("data.sample.languages")),
    Sample("clipart", "clipart.zip", "mul", ("file", "sha256"), "label",
           message("data.sample.clipart")),
)  # fmt: skip


def load(key: str) -> Table:
    """The sample's table. Raises KeyError for an unknown key."""
    file = {sample.key: sample.file for sample in SAMPLES}[key]
    return read_any(FOLDER / file)

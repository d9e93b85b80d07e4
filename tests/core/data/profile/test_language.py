"""What a model has to read: told by letters and by the commonest words."""

from __future__ import annotations

import pytest

from core.data.profile.profile import profile
from core.data.read.table import read
from core.data.samples import SAMPLES, load

TEXTS = {
    "german": "Das Zimmer war sauber und der Service ist nicht zu übertreffen",
    "french": "Le film est très long et les acteurs ne sont pas bons",
    "spanish": "La comida es muy buena pero el servicio es lento",
    "turkish": "Otel çok güzel ve temiz bir yer ama pahalı",
    "vietnamese": "Phòng không sạch và nhân viên của khách sạn là người tốt",
    "slovenian": "Soba je bila umazana in osebje ni bilo prijazno do gostov",
    "slovenian without common words": "Odlična pečena riba, slaba črna kava",
    "croatian": "Soba nije bila čista, a doručak koji su dali bio je hladan",
    "lithuanian": "Kambarys buvo labai švarus ir darbuotojai malonūs",
    "tagalog": "Ang ganda ng kwarto at mababait ang mga tao",
    "russian": "Очень плохое качество",
    "japanese": "とても便利でした",
    "thai": "อาหารอร่อยมาก",
    "arabic": "الخدمة سيئة جدا",
    "korean": "방이 아주 깨끗해요",
}


def language_of(text: str) -> str:
    rows = "".join(f"{text} {n},{'ab'[n % 2]}\n" for n in range(20))
    return profile(read(f"text,label\n{rows}".encode(), "x.csv"), ("text",), "label").language


@pytest.mark.parametrize("name", TEXTS)
def test_other_languages_are_told_from_english(name: str) -> None:
    assert language_of(TEXTS[name]) == "other"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_the_samples_are_what_they_say(sample: object) -> None:
    found = profile(load(sample.key), sample.text, sample.label)  # type: ignore[attr-defined]
    wanted = {"en": {"english"}, "zh": {"chinese"}, "mul": {"many", "other"}}
    assert found.language in wanted[sample.language]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "The café has a naïve charm, and that is what we would come back for",
        "turn on the lights in the kitchen",
        "play it again in an hour",
        "no, not me",
    ],
)
def test_english_stays_english(text: str) -> None:
    assert language_of(text) == "english"


@pytest.mark.parametrize("text", ["Samsung Galaxy 128GB black", "a", "12345", "Lorem Corp"])
def test_what_says_nothing_is_taken_for_english(text: str) -> None:
    assert language_of(text) == "english"


def test_chinese_and_several_scripts() -> None:
    assert language_of("房间很干净") == "chinese"
    assert language_of("very good hotel 房间很干净服务员也热情下次还来") == "many"

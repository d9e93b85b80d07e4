"""Altered texts: another text, of the same units but for a few, in scripts with and without spaces."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.samples import load
from core.modalities.segmentation import UNSPACED_CHARACTER, join_units, units
from core.techniques.augment.texts import METHODS, PUNCTUATION, alter

ENGLISH = "the film was very good and we liked the people in it"
CHINESE = "这部电影非常好看我们都很喜欢"
ARABIC = "الخدمة في هذا الفندق جيدة جدا والغرف نظيفة"
THAI = "ที่นี่อาหารอร่อยมาก"
JAPANESE = "このホテルの部屋はとても良かったです"
HEBREW = "השירות במלון הזה מצוין והחדרים נקיים"
POINTED = "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם"  # Hebrew with its vowels
HINDI = "यह फ़िल्म बहुत अच्छी थी और हमें पसंद आई"


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.text())
def test_units_joined_are_the_text(text: str) -> None:
    assert join_units(units(text)) == text.strip()


def test_units_are_words_or_characters() -> None:
    assert [unit for unit, _ in units("a good 好书 day")] == ["a", "good", "好", "书", "day"]
    assert [unit for unit, _ in units(CHINESE)] == list(CHINESE)
    assert [unit for unit, _ in units("人々はｶﾅ")] == ["人", "々", "は", "ｶ", "ﾅ"]
    # A vowel stays with its letter, whether it is a mark, or written before or behind it.
    assert [unit for unit, _ in units("ที่นี่")] == ["ที่", "นี่"]
    assert [unit for unit, _ in units("แย่มาก เกาะ")] == ["แย่", "มา", "ก", "เกาะ"]
    assert [unit for unit, _ in units("ໄທ")] == ["ໄທ"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", [ENGLISH, CHINESE, JAPANESE, THAI, ARABIC, HEBREW])
def test_each_method_changes_a_share_of_the_units(method: str, text: str) -> None:
    changed = alter(text, method, 0.2, draw())
    assert changed != text
    assert changed == alter(text, method, 0.2, draw())  # the same draw, the same text
    assert {alter(text, method, 0.2, draw(seed)) for seed in range(8)} > {changed}
    before = [unit for unit, _ in units(text)]
    after = [unit for unit, _ in units(changed)]
    share = round(0.2 * len(before))
    touched = {"delete": len(before) - len(after), "punctuate": len(after) - len(before)}
    if method in touched:
        assert touched[method] == share
    elif method == "swap":
        assert sorted(after) == sorted(before)
    else:
        assert SequenceMatcher(None, text, changed).ratio() > 0.6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sample", ["sentiment_zh", "classics_zh"])
def test_chinese_as_people_write_it_is_altered_a_little(sample: str, method: str) -> None:
    texts = load(sample).frame["text"].tolist()[:100]
    made = [alter(text, method, 0.1, draw(seed)) for seed, text in enumerate(texts)]
    assert sum(one != other for one, other in zip(texts, made, strict=True)) > 95
    for before, after in zip(texts, made, strict=True):
        fewer = len(UNSPACED_CHARACTER.findall(before)) - len(UNSPACED_CHARACTER.findall(after))
        assert abs(fewer) <= 0.1 * len(units(before)) + 1


def test_what_each_method_does() -> None:
    before = ENGLISH.split()
    left = alter(ENGLISH, "delete", 0.3, draw()).split()
    assert len(left) < len(before)
    assert set(left) <= set(before)
    assert sorted(alter(ENGLISH, "swap", 0.3, draw()).split()) == sorted(before)
    marked = alter(ENGLISH, "punctuate", 0.3, draw()).split()
    assert [word for word in marked if word not in PUNCTUATION] == before
    assert "。" in "".join(alter(CHINESE, "punctuate", 0.9, draw()))
    assert " " not in alter(CHINESE, "punctuate", 0.9, draw())
    assert set("،؛؟") & set(alter(ARABIC, "punctuate", 0.9, draw()))
    assert not set("。，,;?") & set(alter(ARABIC, "punctuate", 0.9, draw()))
    assert not set("。，！") & set(alter(THAI, "punctuate", 0.9, draw()))
    assert " " not in alter(JAPANESE, "punctuate", 0.9, draw())
    assert set(alter(HEBREW, "punctuate", 0.9, draw())) - set(HEBREW) <= set(PUNCTUATION)


@pytest.mark.parametrize("text", ["「良い部屋」！", "这本书，很好。", "好,书!"])
def test_marks_beside_marks_are_those_of_the_words_around(text: str) -> None:
    made = "".join(alter(text, "punctuate", 0.9, draw(seed)) for seed in range(20))
    assert " " not in made
    assert not set(".;?:") & set(made)


@pytest.mark.parametrize("text", [THAI, POINTED, HINDI])
def test_a_typing_error_parts_no_letter_from_its_marks(text: str) -> None:
    letters = r"\S[\u0300-\u036f\u0591-\u05c7\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e4e]*"
    for seed in range(20):
        made = alter(text, "mistype", 0.5, draw(seed))
        assert set(re.findall(letters, made)) <= set(re.findall(letters, text))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["", "  ", "a", "好", "?"])
def test_next_to_nothing_stays_something(method: str, text: str) -> None:
    assert bool(alter(text, method, 0.5, draw())) == bool(text.strip())

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core import techniques
from core.errors import UserError
from core.options import fields_of, option, parse
from core.recipe import TrainSpec
from core.words import LANGUAGES, locale


@dataclass(frozen=True)
class Options:
    layers: int = option(3, minimum=0, maximum=24)
    share: float | None = option(None, minimum=0, maximum=1)
    mode: str = option("a", choices=("a", "b"))
    on: bool = option(False)


def test_strings_become_values() -> None:
    parsed = parse(Options, {"layers": "4", "share": "0.5", "mode": "b", "on": "true"}, "x")
    assert parsed == Options(4, 0.5, "b", True)


def test_empty_means_automatic_only_where_it_may() -> None:
    assert parse(Options, {"share": ""}, "x").share is None
    with pytest.raises(UserError, match="layers"):
        parse(Options, {"layers": ""}, "x")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"layer": 1}, "layer"),
        ({"layers": "many"}, "many"),
        ({"layers": 2.5}, "2.5"),
        ({"layers": True}, "True"),
        ({"layers": 25}, "24"),
        ({"share": "nan"}, "nan"),
        ({"share": float("inf")}, "inf"),
        ({"share": -0.1}, "-0.1"),
        ({"mode": "c"}, "a, b"),
        ({"on": "maybe"}, "maybe"),
        ({"layers": [1]}, "layers"),
        ({"layers": "1e999"}, "1e999"),
    ],
)
def test_bad_values_are_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(Options, values, "owner")
    assert named in caught.value.message


def test_every_setting_has_its_words_and_its_default_is_valid() -> None:
    for owner, cls in [
        ("train", TrainSpec),
        *((f"technique.{t.key}", t.Options) for t in techniques.ALL),
    ]:
        fields = fields_of(cls)
        parse(cls, {field.name: field.default for field in fields}, owner)
        for language in LANGUAGES:
            for field in fields:
                assert f"{owner}.{field.name}" in locale(language)
                assert f"{owner}.{field.name}.help" in locale(language)


def test_every_technique_has_its_words_and_its_docs() -> None:
    from core.words import ASSETS

    docs = (ASSETS.parent / "docs" / "techniques.md").read_text(encoding="utf-8")
    for technique in techniques.ALL:
        assert f"technique.{technique.key}.title" in locale("en")
        assert f"technique.{technique.key}.info" in locale("en")
        assert f"`{technique.key}`" in docs

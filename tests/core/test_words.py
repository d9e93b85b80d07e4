"""Every sentence exists in every language, is named rightly by the code, and is used."""

from __future__ import annotations

import ast
import functools
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from core import techniques
from core.words import Millions, percent, say

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ["en", "zh"]
# Calls whose first argument is a key of the locales; `UserError("x")` names `error.x`.
KEYED = {"message", "Message", "say", "t", "i18n", "UserError"}
# Those of them that take the sentence's values as keyword arguments.
FILLED = {"message", "say", "UserError"}


def load(language: str) -> dict[str, str]:
    def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), {key for key in keys if keys.count(key) > 1}
        return dict(pairs)

    text = (ROOT / "assets" / "locales" / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text, object_pairs_hook=once)
    return loaded


def placeholders(sentence: str) -> set[str]:
    """The values that a sentence names; ValueError where its braces do not match."""
    fields = [field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None]
    return {re.split(r"[.\[]", field)[0] for field in fields}


def listed(wrong: list[str]) -> str:
    """All of them, one a line: pytest shortens a list."""
    return "\n".join(["", *wrong])


class Use(NamedTuple):
    """A place in the code that names a key."""

    where: str
    call: str
    pattern: str
    """Regular expression of the keys meant: the key itself, with .+ for what is filled in."""
    values: set[str] | None
    """Names of the values given; None where the code does not show them."""

    @property
    def exact(self) -> str | None:
        """The key itself, where nothing is filled in."""
        return literal(self.pattern)


def literal(pattern: str) -> str | None:
    return None if ".+" in pattern else re.sub(r"\\(.)", r"\1", pattern)


def pattern_of(node: ast.expr) -> str | None:
    """The keys that an expression can become, as far as literals show; None if they do not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [pattern_of(value) or ".+" for value in node.values]
        return "".join(parts) if parts and parts[0] != ".+" else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = pattern_of(node.left)
        return left and left + (pattern_of(node.right) or ".+")
    return None


def branches(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that `a if b else c` can become."""
    if isinstance(node, ast.IfExp):
        yield from branches(node.body)
        yield from branches(node.orelse)
    else:
        yield node


def calls_in(tree: ast.AST, file: str) -> Iterator[Use]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in KEYED:
            continue
        values = {keyword.arg for keyword in node.keywords if keyword.arg}
        shown = name in FILLED and all(keyword.arg for keyword in node.keywords)
        for key in branches(node.args[0]):
            pattern = pattern_of(key)
            if pattern is not None:
                prefix = r"error\." if name == "UserError" else ""
                where = f"{file}:{node.lineno}"
                yield Use(where, name, prefix + pattern, values if shown else None)


@functools.cache
def code() -> list[tuple[str, ast.AST]]:
    paths = [*ROOT.glob("core/**/*.py"), *ROOT.glob("ui/**/*.py"), *ROOT.glob("app.py")]
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(paths)
    ]


@functools.cache
def uses() -> list[Use]:
    return [use for file, tree in code() for use in calls_in(tree, file)]


def used_patterns() -> set[str]:
    """Patterns of all keys that the code names: in such a call, or as a literal that may reach one.

    A literal with something filled in counts only if it starts with a namespace, such as `data.`.
    """
    patterns = {use.pattern for use in uses()}
    for _, tree in code():
        for node in ast.walk(tree):
            pattern = pattern_of(node) if isinstance(node, ast.expr) else None
            if pattern and (".+" not in pattern or re.match(r"[a-z_]+\\\.", pattern)):
                patterns.add(pattern)
    return patterns


def test_all_languages_have_the_same_keys() -> None:
    keys = {language: set(load(language)) for language in LANGUAGES}
    assert {language: keys["en"] ^ keys[language] for language in LANGUAGES} == {
        language: set() for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_whole(language: str) -> None:
    english = load("en")
    wrong = []
    for key, sentence in load(language).items():
        try:
            names = placeholders(sentence)
        except ValueError as error:
            wrong.append(f"{key}: {error}")
            continue
        if not sentence.strip():
            wrong.append(f"{key}: empty")
        if not all(name.isidentifier() for name in names):
            wrong.append(f"{key}: a placeholder without a name")
        if names != placeholders(english.get(key, sentence)):
            wrong.append(f"{key}: other placeholders than the English sentence")
    assert not wrong, listed(wrong)


def test_every_key_in_the_code_exists() -> None:
    keys = load("en")
    missing = [
        f"{use.where} {use.call}: {use.pattern}"
        for use in uses()
        if use.exact not in keys and not any(re.fullmatch(use.pattern, key) for key in keys)
    ]
    assert not missing, listed(missing)


def test_every_sentence_gets_its_values() -> None:
    english = load("en")
    wrong = []
    for use in uses():
        key = use.exact
        if use.values is None or key not in english:
            continue
        hint = english.get(f"{key}.hint", "") if use.call == "UserError" else ""
        lacking = (placeholders(english[key]) | placeholders(hint)) - use.values
        if lacking:
            wrong.append(f"{use.where} {key} lacks {sorted(lacking)}")
    assert not wrong, listed(wrong)


def test_every_sentence_is_used() -> None:
    patterns = used_patterns()
    exact = {literal(pattern) for pattern in patterns}
    wide = [re.compile(pattern) for pattern in patterns if ".+" in pattern]

    def used(key: str) -> bool:
        return key in exact or any(pattern.fullmatch(key) for pattern in wide)

    unused = [
        key
        for key in load("en")
        if not used(key)
        and not (key.startswith("error.") and key.endswith(".hint") and used(key[: -len(".hint")]))
    ]
    assert not unused, listed(unused)


def test_the_code_is_read_rightly() -> None:
    source = """
say("a.b", language, n=1)
UserError("x" if y else f"z.{w}.end", row=2)
words.message(f"{w}.a", **values)
message("c." + d)
"""
    found = [(use.pattern, use.values) for use in calls_in(ast.parse(source), "f.py")]
    assert found == [
        (r"a\.b", {"n"}),
        (r"error\.x", {"row"}),
        (r"error\.z\..+\.end", {"row"}),
        (r"c\..+", set()),
    ]


def test_one_of_something_is_not_many() -> None:
    assert say("edit.drop_lines", rows=1) == "1 row removed"
    assert say("edit.drop_lines", rows=1_200) == "1,200 rows removed"
    assert say("edit.drop_lines", rows=np.int64(1)) == "1 row removed"
    # "1 of 80 rows" and "the 80 rows" are as they should be.
    many = re.compile(
        r"(?<!of )(?<!the )\{(rows|n|runs|cells|made|more)\} (?:[a-z]+ )?"
        r"(rows|labels|runs|texts|pictures|examples|ones|copies)\b"
    )
    groups = ("edit.", "offer.", "suspects.", "correct.", "result.try.", "slices.", "ui.", "data.")
    sentences = {key: text for key, text in load("en").items() if key.startswith(groups)}
    wrong = [f"{key}: {text}" for key, text in sentences.items() if many.search(text)]
    assert not wrong, listed(wrong)


def test_a_value_from_right_to_left_does_not_turn_its_sentence_around() -> None:
    said = say("result.try.answer", label="إيجابي", sure=0.9, below=None)
    assert "\u2068إيجابي\u2069" in said
    assert "\u2068" not in say("result.try.answer", label="正面", sure=0.9, below=None)


@pytest.mark.parametrize(
    ("share", "whole", "tenth"),
    [
        (0.0, "0%", "0.0%"),
        (0.0004, "<1%", "<0.1%"),
        (0.004, "<1%", "0.4%"),
        (0.5, "50%", "50.0%"),
        (0.996, ">99%", "99.6%"),
        (0.9999, ">99%", ">99.9%"),
        (1.0, "100%", "100.0%"),
    ],
)
def test_a_few_are_not_none_and_nearly_all_not_all(share: float, whole: str, tenth: str) -> None:
    assert (percent(share, 0), percent(share)) == (whole, tenth)
    for language in LANGUAGES:  # and so in every sentence
        assert whole in say("train.truncated", language, share=share, length=256)
        assert tenth in say("plan.cut", language, share=share, why="")


@pytest.mark.parametrize(("count", "chinese"), [(4, "400 万"), (103, "1.03 亿"), (125, "1.25 亿")])
def test_millions_are_counted_in_the_units_of_the_language(count: int, chinese: str) -> None:
    values: dict[str, Any] = {"parameters": Millions(count), "licence": "MIT"}
    assert f"{count} million parameters" in say("model.facts.pictures", **values)
    assert f"{chinese}参数" in say("model.facts.pictures", "zh", **values)


def test_a_technique_has_one_chinese_term() -> None:
    """The title adds to the name, or turns it around; it is no other translation."""
    other = [
        key
        for key in techniques.BY_KEY
        if set(say(f"technique.{key}.name", "zh")) - set(say(f"technique.{key}.title", "zh"))
    ]
    assert other == []

"""Techniques that can be chosen, with their options."""

from __future__ import annotations

import argparse
from typing import Any

from core import techniques
from core.cli.arguments import add_json
from core.cli.out import print_json
from core.options import Field, fields_of
from core.words import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def handle(options: argparse.Namespace) -> int:
    described: list[dict[str, Any]] = [
        {
            "key": technique.key,
            "title": say(f"technique.{technique.key}.title"),
            "about": say(f"technique.{technique.key}.info"),
            "applies_to": list(technique.modalities),
            "options": [_option(technique.key, field) for field in fields_of(technique.Options)],
        }
        for technique in techniques.ALL
    ]
    if options.json:
        print_json(described)
        return 0
    for technique in described:
        print(f"{technique['key']}  ({', '.join(technique['applies_to'])})  {technique['title']}")
        print(f"    {technique['about']}")
        for option in technique["options"]:
            print(f"    {option['name']} = {_shown(option['default'])}  {_range(option)}")
            print(f"        {option['title']}. {option['help']}")
    return 0


def _option(key: str, field: Field) -> dict[str, Any]:
    limits = field.range
    return {
        "name": field.name,
        "title": say(f"technique.{key}.{field.name}"),
        "help": say(f"technique.{key}.{field.name}.help"),
        "type": field.type.__name__,
        "default": field.default,
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "choices": list(limits.choices),
    }


def _shown(default: Any) -> str:
    return "-" if default is None else str(default)


def _range(option: dict[str, Any]) -> str:
    if option["choices"]:
        return f"({', '.join(option['choices'])})"
    if option["minimum"] is None:
        return f"({option['type']})"
    return f"({option['minimum']:g} to {option['maximum']:g})"

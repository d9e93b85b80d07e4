"""Writes docs/command-line.md anew from the parsers: `make docs`, or `python scripts/command_line.py`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.cli.parser import PROGRAM, build_parser  # noqa: E402

FILE = ROOT / "docs" / "command-line.md"
WIDTH = 110
INTRODUCTION = """\
# The command line

Everything that the page does, without the page. After `make run`, write `.venv/bin/python` for `python`.
(This page is written by `make docs` from the commands themselves.)

```
python -m core check reviews.csv               # what is in it, and what may be wrong with it
python -m core check reviews.xlsx --sheet 2026     # every command takes every format
python -m core check sets.zip --folders labels     # folders called train and test are labels here
python -m core train reviews.csv --dry-run     # settings with reasons, minutes and memory; trains nothing
python -m core train reviews.csv --fix repeats --fix labels_alike
python -m core train reviews.csv --text review --label stars --technique class_balance
python -m core train reviews.csv --technique freeze:share=0.3 --technique label_smoothing
python -m core train reviews.csv --text review --label stars --label topic     # two columns, one model
python -m core train pictures.zip              # a folder for each label
python -m core train pictures.zip --mode full  # trains the whole network
python -m core train labels.csv --pictures pictures.zip    # a column of file names, and the files
python -m core compare-techniques reviews.csv --technique augment --technique prune    # did they help?
python -m core cross-validate reviews.csv --folds 5    # every row tested once
python -m core suspects reviews.csv            # labels that look wrong
python -m core learning-curve RUN              # would more rows help?
python -m core evaluate RUN --file new.csv     # every score with its interval, on other rows
python -m core report RUN -o report.html       # the whole result on one page
python -m core predict RUN new.csv --text review -o answers.csv
python -m core predict RUN new.jpg other.png -o answers.csv
python -m core abstention RUN --below 0.7      # say "unsure" where it is less sure than this
python -m core correct RUN --label negative "a text that it got wrong"
python -m core retrain RUN                     # with these corrections as further rows
python -m core export RUN --which tfidf --out model.zip
```

Progress goes to stderr and the answer to stdout; `train` ends with one line of JSON. Exit codes: 0 there is
a result, 1 there is none, 2 something that you can mend (said in two sentences), 130 ended with Ctrl-C.
`RUN` is a run's id, as `runs` lists it. Every command takes `--runs DIR`, the folder of the runs (default:
TICKTUNE_HOME/runs), and `--help`; `python -m core --version` says which TickTune this is.
"""


def manual() -> str:
    """The whole page."""
    subparsers = next(
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    shared: dict[str, str] = {}  # a text for each group of options that several commands have
    parts = [INTRODUCTION]
    for name, command in subparsers.choices.items():
        positional, options, *groups = command._action_groups
        own = [*positional._group_actions, *options._group_actions]
        items = [
            item(action) for action in own if not {"--help", "--runs"} & {*action.option_strings}
        ]
        titles = [str(group.title) for group in groups]
        shared |= {str(group.title): listed(map(item, group._group_actions)) for group in groups}
        also = f"And: {'; '.join(f'[{title}](#{anchor(title)})' for title in titles)}.\n"
        words = [shown(action) for action in positional._group_actions]
        parts += [
            f"## {name}\n",
            f"{command.description}\n",
            f"`{' '.join([PROGRAM, name, *words])}`\n",
            *([listed(items)] if items else []),
            *([wrapped(also)] if titles else []),
        ]
    for title, text in shared.items():
        parts += [f"## {title[0].upper()}{title[1:]}\n", text]
    return "\n".join(parts)


def anchor(title: str) -> str:
    return title.lower().replace(",", "").replace(" ", "-")


def shown(action: argparse.Action) -> str:
    """An argument that has no name, as a command writes it."""
    word = str(action.metavar or action.dest)
    return f"{word} ..." if action.nargs == "+" else word


def item(action: argparse.Action) -> str:
    """One argument with what it is for."""
    value = ""
    if action.choices:
        value = f" {'|'.join(map(str, action.choices))}"
    elif action.option_strings and action.nargs != 0:
        value = f" {action.metavar or action.dest.upper()}"
    names = ", ".join(action.option_strings) or shown(action)
    needed = " (needed)" if action.option_strings and action.required else ""
    return f"`{names}{value}`{needed}: {action.help}"


def listed(items: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(wrapped(f"- {entry}", "  ") for entry in items) + "\n"


def wrapped(text: str, indent: str = "") -> str:
    ends = "\n" if text.endswith("\n") else ""
    lines = textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) + ends


if __name__ == "__main__":
    FILE.write_text(manual(), encoding="utf-8")

"""The same work without a page: python -m core train|compare-techniques|predict|check ..."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli.compare import compare_techniques
from core.cli.corrections import correct, corrections, retrain
from core.cli.doubt import cross_validate, learning_curve, report, suspects
from core.cli.evaluate import evaluate
from core.cli.models import WHICH, export, predict, unsure
from core.cli.runs import runs
from core.cli.table import check
from core.cli.techniques import list_techniques
from core.cli.train import train
from core.errors import UserError
from core.installed import check_installed
from core.words import LANGUAGES, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 there is a result, 1 there is none, 2 something that the person can mend."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # terminals that know no Chinese
    options = _parser().parse_args(arguments)
    try:
        check_installed()
        return int(options.work(options))
    except KeyboardInterrupt:
        return 130
    except UserError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description=say("cli.about"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, work: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=say(f"cli.{name}"), description=say(f"cli.{name}"))
        sub.set_defaults(work=work)
        sub.add_argument("--runs", type=Path, metavar="DIR", help=say("cli.runs_dir"))
        return sub

    def table(sub: argparse.ArgumentParser, file: str = "file") -> None:
        which = say("cli.file" if file == "file" else "cli.file_or_run")
        sub.add_argument("file", type=Path, metavar=file, help=which)
        beside(sub)

    def beside(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--sheet", metavar="NAME", help=say("cli.sheet"))
        sub.add_argument("--pictures", type=Path, metavar="ZIP", help=say("cli.pictures"))

    def data(sub: argparse.ArgumentParser, file: str = "file") -> None:
        table(sub, file)
        sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
        sub.add_argument("--label", action="append", metavar="COL", help=say("cli.labels"))
        sub.add_argument("--split", metavar="COL", help=say("cli.split"))
        sub.add_argument("--separator", metavar="CHAR", help=say("cli.separator"))
        sub.add_argument("--fix", action="append", default=[], metavar="KEY", help=say("cli.fix"))
        sub.add_argument("--model", metavar="KEY", help=say("cli.model"))
        sub.add_argument("--seed", default="42", metavar="N", help=say("cli.seed"))

    def recipe(sub: argparse.ArgumentParser) -> None:
        data(sub)
        sub.add_argument(
            "--technique", action="append", default=[], metavar="KEY[:option=value,...]",
            help=say("cli.technique"),
        )  # fmt: skip
        sub.add_argument("--mode", choices=("fast", "full"), help=say("cli.mode"))
        sub.add_argument("--epochs", metavar="N", help=say("cli.epochs"))
        sub.add_argument(
            "--set", action="append", default=[], metavar="SETTING=VALUE", help=say("cli.set")
        )
        sub.add_argument("--unlabelled", type=Path, metavar="FILE", help=say("cli.unlabelled"))
        sub.add_argument("--unlabelled-sheet", metavar="NAME", help=say("cli.unlabelled_sheet"))
        sub.add_argument("--name", default="", help=say("cli.name"))

    sub = command("train", train)
    recipe(sub)
    sub.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))
    sub.add_argument("--json", action="store_true", help=say("cli.dry_run_json"))

    sub = command("compare-techniques", compare_techniques)
    recipe(sub)
    sub.add_argument("--html", type=Path, metavar="OUT.html", help=say("cli.card_html"))
    sub.add_argument("--csv", type=Path, metavar="OUT.csv", help=say("cli.card_csv"))

    sub = command("cross-validate", cross_validate)
    recipe(sub)
    sub.add_argument("--folds", default="5", metavar="N", help=say("cli.folds.folds"))
    sub.add_argument("--repeats", default="1", metavar="N", help=say("cli.folds.repeats"))
    sub.add_argument("--json", action="store_true", help=say("cli.json"))

    sub = command("suspects", suspects)
    data(sub, "FILE_OR_RUN")
    sub.set_defaults(epochs=None, set=[], technique=["none"], name="", mode=None)
    sub.set_defaults(unlabelled=None, unlabelled_sheet=None)
    sub.add_argument("--json", action="store_true", help=say("cli.json"))
    sub.add_argument("-o", "--output", type=Path, metavar="OUT.csv", help=say("cli.suspects_out"))

    sub = command("learning-curve", learning_curve)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--json", action="store_true", help=say("cli.json"))

    sub = command("report", report)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("-o", "--output", type=Path, required=True, help=say("cli.report_out"))
    sub.add_argument("--language", choices=LANGUAGES, default="en", help=say("cli.language"))

    sub = command("techniques", list_techniques)
    sub.add_argument("--json", action="store_true", help=say("cli.json"))

    sub = command("predict", predict)
    sub.add_argument("model", metavar="RUN_OR_FOLDER", help=say("cli.run_or_folder"))
    sub.add_argument("file", type=Path, nargs="+", metavar="file", help=say("cli.predict_file"))
    beside(sub)
    sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    sub.add_argument("--which", choices=WHICH, help=say("cli.which"))
    sub.add_argument("--label", metavar="COL", help=say("cli.predict_label"))
    sub.add_argument("--unsure-below", metavar="SHARE", help=say("cli.unsure_below"))
    sub.add_argument("-o", "--output", type=Path, required=True, help=say("cli.output"))

    sub = command("evaluate", evaluate)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--file", type=Path, metavar="NEW.csv", help=say("cli.evaluate_file"))
    beside(sub)
    sub.add_argument("--which", choices=WHICH, help=say("cli.evaluate_which"))
    sub.add_argument("--label", metavar="COL", help=say("cli.predict_label"))
    sub.add_argument("--json", action="store_true", help=say("cli.json"))

    sub = command("unsure", unsure)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    limit = sub.add_mutually_exclusive_group()
    limit.add_argument("--below", metavar="SHARE", help=say("cli.unsure_below"))
    limit.add_argument("--off", action="store_true", help=say("cli.unsure_off"))
    sub.add_argument("--which", choices=WHICH, help=say("cli.which"))
    sub.add_argument("--label", metavar="COL", help=say("cli.predict_label"))

    sub = command("correct", correct)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("text", nargs="+", metavar="TEXT", help=say("cli.correct.text"))
    sub.add_argument("--label", action="append", required=True, help=say("cli.correct.label"))
    sub.add_argument("--column", metavar="COL", help=say("cli.predict_label"))

    sub = command("corrections", corrections)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--delete", metavar="ID", help=say("cli.correct.delete"))

    sub = command("retrain", retrain)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--name", default="", help=say("cli.name"))

    sub = command("export", export)
    sub.add_argument("run", metavar="RUN", help=say("cli.run"))
    sub.add_argument("--which", choices=WHICH, help=say("cli.which"))
    sub.add_argument("-o", "--out", type=Path, required=True, help=say("cli.out"))

    sub = command("check", check)
    table(sub)
    sub.add_argument("--text", action="append", metavar="COL", help=say("cli.text"))
    sub.add_argument("--label", metavar="COL", help=say("cli.label"))
    sub.add_argument("--split", metavar="COL", help=say("cli.split"))
    sub.add_argument("--separator", metavar="CHAR", help=say("cli.separator"))
    sub.add_argument("--model", metavar="KEY", help=say("cli.model"))
    sub.add_argument("--fix", action="append", default=[], metavar="KEY", help=say("cli.fix"))
    sub.add_argument("--json", action="store_true", help=say("cli.json"))
    sub.add_argument("--left-out", type=Path, metavar="OUT.csv", help=say("cli.left_out"))

    sub = command("runs", runs)
    sub.add_argument("--json", action="store_true", help=say("cli.json"))
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The same work without a page: python -m core train|compare-techniques|predict|check ..."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from core.cli.out import tell
from core.cli.parser import build_parser
from core.errors import UserError
from core.installed import check_installed
from core.io.terminal import on_one_line, safe_output


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 there is a result, 1 there is none, 2 something that the person can mend."""
    with safe_output():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    try:
        check_installed()
        return int(options.handle(options))
    except KeyboardInterrupt:
        return 130
    except UserError as error:
        tell(f"error: {on_one_line(error.message)}")
        if error.hint:
            tell(f"hint: {on_one_line(error.hint)}")
        return 2
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())

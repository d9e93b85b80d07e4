"""python -m benchmarks [NAME [ARGUMENTS]]: all benchmarks with their defaults, or one of them."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    *("startup", "reading", "training", "recipe", "preflight", "compression"),
    *("suspects", "explanations", "multilingual", "pictures", "waiting", "pages", "frozen"),
)


def main() -> None:
    wanted, arguments = sys.argv[1:2], sys.argv[2:]
    if wanted and wanted[0] not in NAMES:
        sys.exit(f"There are: {', '.join(NAMES)}")
    for name in wanted or NAMES:
        importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()

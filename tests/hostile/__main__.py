"""Hostile files of every format that is read, made from a seed, and the check that they do no harm.

    python -m tests.hostile --seed 7 --count 250 --out FOLDER [--check]

With --check, `python -m core check` is run on each: it must end with 0 or 2, say nothing of where it failed,
within SECONDS and MEMORY.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hostile.check import checked
from tests.hostile.files import make


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="run `python -m core check` on each")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="checks at a time")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.check:
        for made in make(options.seed, options.count):
            (options.out / made.name).write_bytes(made.data)
        return 0
    # By another process: what this one had in memory would count as its children's.
    command = [sys.executable, *sys.orig_argv[1:]]
    command.remove("--check")
    subprocess.run(command, check=True)
    files = sorted(options.out.iterdir())[: options.count]
    wrong = 0
    with ThreadPoolExecutor(options.at_once) as pool:
        for outcome in pool.map(checked, files):
            last = outcome.said.strip().splitlines()
            error = next((line for line in last if line.startswith("error:")), "")
            print(
                f"{outcome.status:>4} {outcome.seconds:6.1f} s {outcome.memory // 1024:>5} MiB "
                f"{outcome.name}: {outcome.wrong and f'WRONG ({outcome.wrong})'} {error[:100]}",
                flush=True,
            )
            if outcome.wrong:
                wrong += 1
                print("\n".join(last[-20:]), flush=True)
    print(f"{len(files)} files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a busy page costs training: torch's threads that spin while they wait, and threads that sleep.

    python -m benchmarks.waiting

Each figure is the median time of a MiniLM training step (16 short texts) on all cores, alone and beside
one other process that keeps a core busy, as a page and a browser do. `core/__init__.py` sets PASSIVE.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

ROUNDS = 3
STEPS = """
import time, torch
from core.models.load import load
from core.models.locate import bundled_folder
from core.models.tokenizer import load_tokenizer
from core.tasks.base import head
model = load(bundled_folder(), head(("a", "b"))).train()
batch = load_tokenizer(bundled_folder())(["word " * 25] * 16, return_tensors="pt")
labels = torch.zeros(16, dtype=torch.long)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
times = []
for _ in range(10):
    started = time.perf_counter()
    model(**batch, labels=labels).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    times.append(time.perf_counter() - started)
print(sorted(times[2:])[4])
"""


def step_seconds(policy: str, busy: bool) -> float:
    neighbour = None
    if busy:
        neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        done = subprocess.run(
            [sys.executable, "-c", STEPS],
            env={**os.environ, "OMP_WAIT_POLICY": policy},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        if neighbour:
            neighbour.kill()
            neighbour.wait()
    return float(done.stdout)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args(arguments)
    kinds = [(policy, busy) for busy in (False, True) for policy in ("ACTIVE", "PASSIVE")]
    seconds: dict[tuple[str, bool], list[float]] = {kind: [] for kind in kinds}
    for _round in range(ROUNDS):
        for kind in kinds:
            seconds[kind].append(step_seconds(*kind))
    base = statistics.median(seconds["ACTIVE", False])
    print("| threads wait | beside | seconds a step | to ACTIVE alone |")
    print("|---|---|---|---|")
    for (policy, busy), values in seconds.items():
        median = statistics.median(values)
        beside = "a busy process" if busy else "nothing"
        print(f"| {policy} | {beside} | {median:.2f} | {median / base:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])

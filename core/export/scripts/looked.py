"""What predict.py is asked about pictures: the names of their files."""

import sys
from collections.abc import Callable
from pathlib import Path

from asked import BELOW, Found, chosen, placeholder, sure
from PIL import Image
from preprocess import opened


def main(answer: Callable[[Image.Image], Found]) -> None:
    """`answer` is given a picture as the training has seen it."""
    if not sys.argv[1:]:
        print(f"python {Path(sys.argv[0]).name} one.jpg another.png")
    for name in sys.argv[1:]:
        ranked = answer(opened(Path(name)))
        printed = [(placeholder(ranked), sure(ranked))] if sure(ranked) < BELOW else chosen(ranked)
        print(name, *(f"{label}\t{share:.4f}" for label, share in printed), sep="\t")

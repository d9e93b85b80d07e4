"""The work of TickTune: data, models, training, evaluation and export. Knows no page."""

import os

# Torch's threads spin while they wait for one another. On two cores that a browser and a page want as well,
# the spinning keeps out the very thread that is waited for (benchmarks/waiting.py has the price of it).
# Read once when torch loads its OpenMP library, so it is set before anything can import torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Not spinning at all slows the steps of short texts down, whose parallel stretches are short. This many
# turns (some hundredths of a millisecond) win most of it back and still leave a neighbour its core.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

# How many multiplications torch's oneDNN keeps ready, each for one shape. Batches come in many lengths, and
# a thousand shapes take some hundred megabytes; to prepare one anew costs little.
os.environ.setdefault("LRU_CACHE_CAPACITY", "64")

# What the libraries report about themselves or to their makers; a run has its own log.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

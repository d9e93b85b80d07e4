"""Hostile files of every format, made from a seed: `python -m tests.hostile`."""

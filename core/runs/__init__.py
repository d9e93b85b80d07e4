"""Runs: a folder for each, its events, its result, and what belongs together."""

"""Pretrained models that come from installed packages and need no network."""

"""Continued pre-training."""

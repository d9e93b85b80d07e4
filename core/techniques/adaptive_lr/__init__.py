"""Adaptive learning rate."""

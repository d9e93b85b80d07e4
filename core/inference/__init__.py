"""Inference: labels for new texts, files and pictures, and why."""

"""Baselines: word counts or frozen features with logistic regression."""

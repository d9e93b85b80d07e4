"""Data augmentation: altered copies of the training rows."""

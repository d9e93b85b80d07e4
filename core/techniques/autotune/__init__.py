"""Auto-tune: hyperparameter search."""

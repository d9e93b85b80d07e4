"""Step 4: the training."""

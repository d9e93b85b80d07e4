"""Training: the loop that fits one model, and nothing else."""

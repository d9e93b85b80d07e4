"""The tabs beside the five steps."""

"""Step 5: the result."""

"""Step 3: the techniques."""

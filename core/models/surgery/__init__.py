"""Model surgery: layers, heads, neurons and vocabularies taken out or put in, in place."""
